"""Tests mirror the source; what they share is in servers/, conftest.py and needed.py."""
