"""What the scheduler adds to the shared settings: the private keys and the way to AWS."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from shared import env, vault
from shared.env import BadEnvironment
from shared.settings import *  # noqa: F403


def endpoint(url: str) -> str | None:
    """The stand-in for AWS, honoured for loopback hosts only: no setting may send credentials elsewhere."""
    if not url:
        return None
    host = urlsplit(url).hostname or ""
    if host == "localhost" or (host.replace(".", "").isdigit() and ip_address(host).is_loopback):
        return url
    raise BadEnvironment(
        f"CLOUDEVY_AWS_ENDPOINT_URL={url} is not on this machine. Only loopback hosts are allowed."
    )


def identity() -> tuple[str, str] | None:
    """The installation's own access key, with which roles are assumed; None leaves it to the host's role."""
    key = env.text("CLOUDEVY_AWS_ACCESS_KEY_ID", "")
    return (key, env.secret("CLOUDEVY_AWS_SECRET_ACCESS_KEY")) if key else None


VAULT_RING = vault.parse_ring(env.secret("CLOUDEVY_VAULT_PRIVATE_KEYS", default=""))
AWS_ENDPOINT_URL = endpoint(env.text("CLOUDEVY_AWS_ENDPOINT_URL", ""))
AWS_IDENTITY = identity()
# When a worker stops it hands back what it has not begun, and kombu worries about that.
LOGGING["loggers"]["kombu"] = {"level": "ERROR"}  # type: ignore[index]  # noqa: F405
# Threads keep their connection: signing in to Postgres for every tick costs more than the tick.
DATABASES["default"]["CONN_MAX_AGE"] = 60  # noqa: F405
