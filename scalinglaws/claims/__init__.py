"""Measured tables -> a verdict on every claim of Kaplan et al. 2020."""
