"""A folder of runs: written whole or not at all, held by one process at a time, read as points."""
