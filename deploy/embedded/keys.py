"""The secrets of one installation, made once and kept in its data folder (0600)."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.embedded import private
from deploy.embedded.errors import CannotStart
from shared import vault

FILE = "keys.json"


@dataclass(frozen=True)
class Keys:
    """Passwords between the parts, and the vault's two halves as the settings want them."""

    database_password: str
    broker_password: str
    secret_key: str
    vault_public: str
    vault_private: str


def generate() -> Keys:
    public, private = vault.generate("k1")
    return Keys(
        database_password=secrets.token_hex(16),
        broker_password=secrets.token_hex(16),
        secret_key=secrets.token_urlsafe(50),
        vault_public=public,
        vault_private=private,
    )


def keep(data: Path) -> Keys:
    """The keys kept in this data folder; made on the first run."""
    path = data / FILE
    try:
        return Keys(**json.loads(path.read_text()))
    except FileNotFoundError:
        return make(path)
    except (ValueError, TypeError):
        raise CannotStart(
            f"{path} cannot be understood. Restore it from a backup, or start over with ./run --reset."
        ) from None


def make(path: Path) -> Keys:
    keys = generate()
    private.write(path, asdict(keys))
    return keys
