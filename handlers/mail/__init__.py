"""The mail hand: reads mailboxes, understands messages, composes and sends replies."""
