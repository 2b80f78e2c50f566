"""The Slack hand: listens, draws cards, posts replies."""
