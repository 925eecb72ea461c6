"""One fit of several arms: which parameters they share, where they differ, and what that is worth in compute."""
