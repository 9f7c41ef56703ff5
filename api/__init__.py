"""The HTTP program: it reads and writes rows, and asks the scheduler for what only AWS can answer."""

from shared import VERSION

__all__ = ["VERSION"]
