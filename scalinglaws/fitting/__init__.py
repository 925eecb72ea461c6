"""Law x Points -> Fit."""
