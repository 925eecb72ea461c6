"""Measured tables -> the constants and tables that Kaplan et al. 2020 measured, without a verdict."""
