"""The results of a study, as records: every number is computed before it is put here."""
