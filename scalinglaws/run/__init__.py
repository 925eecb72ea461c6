"""What a run is: what was asked of it, the shape of its model, its learning rate at every step."""
