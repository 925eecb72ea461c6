"""What a run is: its specification, the shape of its model, and its learning rate at every step."""
