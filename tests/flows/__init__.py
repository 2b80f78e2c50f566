"""Stories of the whole house, told from outside: SMTP in, presses in Slack, mailboxes and the desk read."""
