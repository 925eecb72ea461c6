"""Several arms, one fit: which parameters they share, where they differ, and what that is worth in compute."""
