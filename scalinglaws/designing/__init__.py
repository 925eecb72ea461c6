"""What will be trained, and at what cost: the keys of a study file, every run, what would fail."""
