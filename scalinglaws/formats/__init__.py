"""The files in which runs come: tables, what trackers write, the logs of trainers; one reader a file (`shelf.py`)."""
