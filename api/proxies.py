"""Who really asks, and over http or https, when a proxy stands in between. Pure; `visitors` asks it.

Anybody can write `X-Forwarded-For`. It is believed from the proxies an operator names, and read from its
right end: what stands left of the first address that is no proxy of ours may be made up.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shared.env import BadEnvironment

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
HOST_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9_.-]*[a-z0-9])?", re.IGNORECASE)
WITH_PORT = re.compile(r"(\d+(?:\.\d+){3}):\d+|\[(.+)\](?::\d+)?")


@dataclass(frozen=True, slots=True)
class Proxies:
    """CLOUDEVY_TRUSTED_PROXIES: networks, and names whose addresses change."""

    networks: tuple[Network, ...] = ()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.networks or self.names)

    def in_networks(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Visitor:
    """`scheme` is what a trusted proxy says, else None."""

    address: str
    scheme: str | None = None


def parse(text: str) -> Proxies:
    """Addresses, networks and host names between commas; BadEnvironment for anything else."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    found = [(entry, network(entry)) for entry in entries]
    return Proxies(
        networks=tuple(each for _, each in found if each),
        names=tuple(checked_name(entry) for entry, each in found if each is None),
    )


def network(entry: str) -> Network | None:
    try:
        found = ip_network(entry)
    except ValueError:
        return None
    if found.prefixlen == 0:
        raise BadEnvironment(
            f"CLOUDEVY_TRUSTED_PROXIES={entry} would believe everybody. Name the proxy's own address."
        )
    return found


def checked_name(entry: str) -> str:
    if not HOST_NAME.fullmatch(entry):
        raise BadEnvironment(
            f"CLOUDEVY_TRUSTED_PROXIES: {entry!r} is no address, network or host name. "
            "Write for example 10.0.0.5, 172.16.0.0/12 or frontend, with commas in between."
        )
    return entry


def visitor(*, peer: str, forwarded_for: str, scheme: str, trusted: Callable[[Address], bool]) -> Visitor:
    """Behind the `peer` of this connection, given the headers it sent."""
    nearest = plain(peer)
    if nearest is None or not trusted(nearest):
        return Visitor(peer)
    said = scheme.rpartition(",")[2].strip().lower()
    return Visitor(
        str(farthest(nearest, forwarded_for=forwarded_for, trusted=trusted)),
        scheme=said if said in ("http", "https") else None,
    )


def farthest(nearest: Address, *, forwarded_for: str, trusted: Callable[[Address], bool]) -> Address:
    """The first address from the right that is no proxy; the last one that can be read if all are."""
    for entry in reversed(forwarded_for.split(",")):
        before = plain(entry)
        if before is None:
            return nearest
        nearest = before
        if not trusted(before):
            return before
    return nearest


def plain(text: str) -> Address | None:
    """The address in `1.2.3.4`, `1.2.3.4:567`, `[::1]:567` or `::ffff:1.2.3.4`; None when there is none."""
    text = text.strip()
    match = WITH_PORT.fullmatch(text)
    try:
        found = ip_address((match[1] or match[2]) if match else text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
