"""Measurements: accuracy on third-party corpora, speed against rivals."""
