"""What is done to a house, one module per way of breaking it. Each ends with the checker's findings."""
