"""The main jobs, end to end: a study, a set of families, anyone's table; and the care of their folders."""
