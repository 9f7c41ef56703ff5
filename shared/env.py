"""Read the environment, and fail loudly.

The only module that touches `os.environ`. It knows nothing of what the values are for.
"""

import os
from pathlib import Path


class BadEnvironment(RuntimeError):
    """A setting is missing or cannot be understood; the program must not start."""


def text(name: str, default: str | None = None) -> str:
    """The variable's value, or `default`; without either the program stops with a sentence."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise BadEnvironment(f"{name} is not set. Set it in the environment and start again.")
    return default


def flag(name: str, *, default: bool = False) -> bool:
    """A switch: 1/true or 0/false, nothing else."""
    value = os.environ.get(name, "").lower()
    if value in ("1", "true"):
        return True
    if value in ("0", "false"):
        return False
    if value == "":
        return default
    raise BadEnvironment(f"{name}={value!r} is not a switch. Write 1 or 0.")


def number(name: str, *, default: int, least: int = 0) -> int:
    """A whole number, not below `least`."""
    value = os.environ.get(name, "")
    try:
        found = int(value) if value else default
    except ValueError:
        raise BadEnvironment(f"{name}={value!r} is not a whole number.") from None
    if found < least:
        raise BadEnvironment(f"{name}={value} is too small. The least is {least}.")
    return found


def secret(name: str, *, default: str | None = None) -> str:
    """The variable itself, or the content of the file that `<name>_FILE` names; never both."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return text(name, default)
    if os.environ.get(name):
        raise BadEnvironment(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadEnvironment(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from error
    if not value and default is None:
        raise BadEnvironment(f"{name}_FILE: {path} is empty. Put the value into it and start again.")
    return value or (default or "")
