"""Points -> the compute-optimal frontier: envelope of curves, isoFLOP minima, critical batch, C_min."""
