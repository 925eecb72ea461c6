"""What is measured while a model trains: one file per instrument."""
