"""Many processes: what the store lacks, started chain by chain."""
