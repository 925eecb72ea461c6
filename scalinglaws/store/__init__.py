"""A folder of runs: each file is written completely or not at all, one process at a time trains, runs become points."""
