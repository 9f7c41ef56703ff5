"""The checks themselves can fail."""
