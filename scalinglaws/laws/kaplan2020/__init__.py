"""Kaplan et al. 2020, "Scaling Laws for Neural Language Models": too many laws for one file."""
