"""Points -> how much the exponent and the optimum change when N, D, C and L are counted in other ways."""
