"""The engine's decisions, without an engine: whom it uses, what it starts, what it ends, what it keeps."""
