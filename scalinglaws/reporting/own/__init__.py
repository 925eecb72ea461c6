"""The figures of a study or of a table of runs, each drawn from the results alone, one file each."""
