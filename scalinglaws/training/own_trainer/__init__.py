"""A trainer of one's own: its command is run, its result read and compared with what was asked."""
