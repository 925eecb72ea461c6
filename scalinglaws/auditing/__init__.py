"""Points and the claims made from them -> what a careful reviewer would find."""
