"""The web hand: health, metrics, and Slack's HTTP deliveries."""
