"""How Cloudevy is put on machines. No program imports this."""
