"""Files that only their owner reads."""

import json
import os
from pathlib import Path


def write(path: Path, content: object) -> None:
    """`content` as JSON, 0600 from the first byte, and never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    fresh.replace(path)
