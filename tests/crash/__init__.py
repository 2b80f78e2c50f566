"""Kill the house at every transition, start it again, and compare with what the world outside saw."""
