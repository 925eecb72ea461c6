"""One run is trained here: optimiser, precision, the order of its text, its state on disk, its process."""
