"""The 24 figures of Kaplan et al. 2020, each from measured runs alone and in a file of its own."""
