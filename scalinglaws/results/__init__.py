"""What a study found, as records: every number computed before it gets here."""
