"""The whole system: contracts between its parts, and all of it running."""
