"""What people do and see: pollers, a stop as it is told, conflicts, repeated requests, a stop that never ends."""
