"""Memory: what we know and what is still to be done. One noun, one file."""
