"""The hands: everything that touches the outside world."""
