"""Draws x target -> Prediction."""
