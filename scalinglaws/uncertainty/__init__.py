"""Fit -> Draws, the uncertainty of a fit; and the directions that the points leave undetermined."""
