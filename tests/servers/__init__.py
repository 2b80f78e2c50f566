"""Servers that misbehave on demand, each in the test's own loop, on a port of its own, with its own ledger."""
