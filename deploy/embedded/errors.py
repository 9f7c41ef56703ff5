"""What can go wrong while starting. Each message is for a person and says what to do next."""


class CannotStart(RuntimeError):
    """Cloudevy cannot run here as things are."""
