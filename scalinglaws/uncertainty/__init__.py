"""Fit -> Draws; and beside them, what the fit leaves open."""
