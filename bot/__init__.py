"""The head: what to do about what came in. Knows memory and voice, no outside world."""
