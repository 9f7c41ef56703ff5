"""The HTTP program: it reads and writes rows, and asks the scheduler for what only AWS can answer."""

VERSION = "0.1.0"
