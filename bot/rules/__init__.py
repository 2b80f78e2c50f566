"""Rules decide and touch nothing: pure functions, tested by tables of cases."""
