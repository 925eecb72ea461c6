"""What will be trained, and at what cost: the keys of a study file, every run, and checks before training."""
