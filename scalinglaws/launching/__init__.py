"""Many processes: the runs that are missing from a store are started, one chain per process."""
