"""What both programs know."""

VERSION = "0.1.0"
