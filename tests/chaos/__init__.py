"""The chaos harness: real programs on real parts, broken on purpose, judged by two independent records."""
