"""Who signs, and with which client: credentials, role sessions, and one botocore client for each place.

Clients are built only from explicit, non-empty keys; no variable, file or instance role of this host ever
steps in. The one exception is named: `Credentials(base=None, role_arn=...)` lets the host's own identity
assume a role, and nothing else. Botocore never retries; the caller owns retries.
"""

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from threading import Lock
from time import CLOCK_BOOTTIME, clock_gettime
from typing import TYPE_CHECKING, Any, cast

from botocore.client import BaseClient
from botocore.config import Config
from botocore.session import Session

from scheduler.ec2.errors import translated
from scheduler.ec2.gateway import NotSent, Throttled, Unanswered
from scheduler.ec2.sending import before_send
from shared.errors import CredentialUnusable

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION_SECONDS = 900
RENEW_SECONDS = 600
RENEW_AGAIN_SECONDS = 30
IDLE_SECONDS = 3600
NOT_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
# What botocore would otherwise read from the environment and from files of this host.
OWN_ENDPOINTS: Any = {"ignore_configured_endpoint_urls": (None, None, True, None)}
ISOLATED: Any = {
    **OWN_ENDPOINTS,
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "defaults_mode": (None, None, "legacy", None),
}

# At DEBUG botocore writes whole answers, and AssumeRole's answer is a secret.
for name in ("boto3", "botocore"):
    logging.getLogger(name).setLevel(logging.WARNING)


def boottime() -> float:
    """Seconds on a clock that goes on while this machine sleeps, as a session's time does at AWS."""
    return clock_gettime(CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret, or a role to assume with them; `base` None is the host's own identity.

    CredentialUnusable when anything needed is empty.
    """

    base: tuple[str, str] | None = field(repr=False)
    role_arn: str = ""
    external_id: str = field(default="", repr=False)
    session: str = ""

    def __post_init__(self) -> None:
        if self.base is None and not self.role_arn:
            raise CredentialUnusable("There is no access key to sign with. Enter it again.")
        if self.base is not None and not all(part and part.strip() for part in self.base):
            raise CredentialUnusable("The access key or its secret is empty. Enter both again.")
        if self.role_arn and not self.external_id:
            raise CredentialUnusable("The role has no external ID. Add the account again.")

    def fingerprint(self) -> str:
        """The same for the same credentials, and no way back to them."""
        parts = (*(self.base or ("", "")), self.role_arn, self.external_id, self.session)
        return sha256("\0".join(parts).encode()).hexdigest()

    def session_name(self) -> str:
        """RoleSessionName as STS allows it: 2 to 64 of these characters."""
        return NOT_A_NAME.sub("-", self.session)[:64].ljust(2, "-")


@dataclass(frozen=True, slots=True)
class Place:
    """As whom, in which region, and through which address (None: AWS' own)."""

    credentials: Credentials
    region: str
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """What a request is signed with. Moments are of `boottime`."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    renew_at: float = field(default=float("inf"), compare=False)
    ends_at: float = field(default=float("inf"), compare=False)


@dataclass
class RoleSession:
    """A role's temporary keys, renewed five minutes before they end."""

    kept: Keys | None = None
    lock: Lock = field(default_factory=Lock)

    def keys(self, assume: Callable[[], Keys]) -> Keys:
        """Keys that are good now; only one thread renews them, the others wait."""
        before = self.kept
        if before and boottime() < before.renew_at:
            return before
        with self.lock:
            if self.kept is None or self.kept is before:
                self.kept = renewed(before, assume)
            return self.kept


def renewed(before: Keys | None, assume: Callable[[], Keys]) -> Keys:
    """Fresh keys; while STS gives no answer, those of before are used to their end."""
    try:
        return assume()
    except (Unanswered, NotSent, Throttled):
        if before is None or boottime() >= before.ends_at:
            raise
        return replace(before, renew_at=boottime() + RENEW_AGAIN_SECONDS)


@dataclass
class Kept:
    """A client, the keys it was built with and when it was last used."""

    client: BaseClient
    keys: Keys
    used_at: float


class Clients:
    """Every client of this process: built once for each place and service, and dropped after an idle hour."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: dict[tuple[str, ...], Kept] = {}
        self.roles: dict[str, RoleSession] = {}

    def get(self, service: str, *, place: Place) -> BaseClient:
        """A client ready to sign; CloudError when the role cannot be assumed."""
        return self.client(service, place=place, keys=self.keys(place))

    def forget(self, credentials: Credentials) -> None:
        """Assume the role again before the next request: AWS no longer takes the keys we hold."""
        with self.lock:
            self.roles.pop(credentials.fingerprint(), None)

    def keys(self, place: Place) -> Keys:
        credentials = place.credentials
        if credentials.base and not credentials.role_arn:
            return Keys(*credentials.base)
        with self.lock:
            role = self.roles.setdefault(credentials.fingerprint(), RoleSession())
        return role.keys(lambda: self.assume(place))

    def assume(self, place: Place) -> Keys:
        credentials = place.credentials
        asked_at = boottime()
        with translated():
            given = self.sts_of_base(place).assume_role(
                RoleArn=credentials.role_arn,
                RoleSessionName=credentials.session_name(),
                ExternalId=credentials.external_id,
                DurationSeconds=SESSION_SECONDS,
            )["Credentials"]
        return Keys(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            renew_at=asked_at + RENEW_SECONDS,
            ends_at=asked_at + SESSION_SECONDS,
        )

    def assume_without_external_id(self, place: Place) -> None:
        """Denied is the answer one hopes for; the keys of the other one are thrown away."""
        credentials = place.credentials
        with translated():
            self.sts_of_base(place).assume_role(
                RoleArn=credentials.role_arn,
                RoleSessionName=credentials.session_name(),
                DurationSeconds=SESSION_SECONDS,
            )

    def sts_of_base(self, place: Place) -> "STSClient":
        """The STS client that assumes the role: of our own access key, or of the host's identity."""
        base = place.credentials.base
        return cast("STSClient", self.client("sts", place=place, keys=Keys(*base) if base else HOST))

    def client(self, service: str, *, place: Place, keys: Keys) -> BaseClient:
        signer = "own" if keys.token else "base"
        key = (service, place.region, place.endpoint or "", place.credentials.fingerprint(), signer)
        with self.lock:
            found = self.kept.get(key)
            if found is None or found.keys != keys:
                found = self.kept[key] = Kept(build(service, place=place, keys=keys), keys, boottime())
                self.drop_idle()
            found.used_at = boottime()
            return found.client

    def drop_idle(self) -> None:
        oldest = boottime() - IDLE_SECONDS
        self.kept = {key: kept for key, kept in self.kept.items() if kept.used_at >= oldest}
        used = {key[3] for key in self.kept}
        self.roles = {mark: role for mark, role in self.roles.items() if mark in used or role.lock.locked()}


HOST = Keys("", "")
CONFIG = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"total_max_attempts": 1, "mode": "standard"},
    max_pool_connections=16,
    user_agent_extra="cloudevy",
)


@cache
def isolated() -> Session:
    """The session of explicit keys; its loader is the only one, for models are what costs memory."""
    return Session(session_vars=ISOLATED)


@cache
def host() -> Session:
    """The session that may use this host's own identity; for assuming roles only."""
    session = Session(session_vars=OWN_ENDPOINTS)
    session.register_component("data_loader", isolated().get_component("data_loader"))
    return session


def build(service: str, *, place: Place, keys: Keys) -> BaseClient:
    """A new client. Callers hold the lock: botocore sessions are not thread-safe, clients are."""
    options: dict[str, Any] = {"region_name": place.region, "endpoint_url": place.endpoint, "config": CONFIG}
    if place.endpoint:
        options["config"] = CONFIG.merge(Config(proxies={}))
    if keys is HOST:
        return host().create_client(service, **options)
    if not keys.access_key or not keys.secret_key:
        raise CredentialUnusable("There is no access key to sign with. Enter it again.")
    client = isolated().create_client(
        service,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        **options,
    )
    client.meta.events.register("before-send", before_send)
    return client


clients = Clients()
