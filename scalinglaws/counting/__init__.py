"""Points -> how far the exponent and the optimum move when N, D, C and L are counted otherwise."""
