"""What stands beside a real installation for the demo, against stand-ins on loopback."""
