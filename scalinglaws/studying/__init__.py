"""The main jobs, end to end: a study, a set of families, a table of runs; and the maintenance of their folders."""
