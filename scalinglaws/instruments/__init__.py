"""What is measured while a model trains: one file an instrument."""
