"""Points -> the compute-optimal frontier: envelope of learning curves, isoFLOP minima, critical batch, C_min."""
