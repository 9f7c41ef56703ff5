"""Redis emptied every few seconds, and Redis away: nothing is lost, nothing waits long, the API answers."""
