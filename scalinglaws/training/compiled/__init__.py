"""The training step as one compiled function: for machines with numba, and the shapes that `engine.supports` names."""
