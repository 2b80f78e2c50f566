"""The practice world: a mail server, a Slack workspace and a sample business on one machine."""
