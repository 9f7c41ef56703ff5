"""The HTTP program: it reads and writes rows, and asks the scheduler for everything that only AWS can answer."""

VERSION = "0.1.0"
