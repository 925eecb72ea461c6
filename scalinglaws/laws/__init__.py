"""The shelf of laws: one file a paper."""
