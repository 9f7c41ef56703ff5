"""EC2 at its worst: errors, silence, stale and mangled answers, throttling, bad ids, one account that hangs."""
