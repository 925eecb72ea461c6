"""Training one run: the loop, the optimiser, the windows of its text, its state on disk, its worker process."""
