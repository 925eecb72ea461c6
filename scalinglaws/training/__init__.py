"""Training one run: the loop, the optimizer, the windows of its text, its state on disk, its worker process."""
