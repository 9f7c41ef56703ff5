"""Seal and open a secret: HPKE base mode (RFC 9180), X25519, HKDF-SHA256, AES-256-GCM.

Whoever holds the public key can seal; only the scheduler holds private keys and can open. The context
(account uid, field, key id, version) is bound as HPKE `info`, so a sealed value moved to another row
or field cannot be opened. A ring holds several private keys and its first one seals, so that a key can be
turned. Keys come in as arguments; this module reads no settings and no tables.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared.env import BadEnvironment
from shared.errors import CredentialUnusable

VERSION = "v1"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# What the column of the key's id holds, and what is recognised in a log.
KEY_ID = re.compile(r"[A-Za-z0-9]{1,32}")
PUBLIC, PRIVATE = "CLOUDEVY_VAULT_PUBLIC_KEY", "CLOUDEVY_VAULT_PRIVATE_KEYS"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What may be seen by everybody: the key's id and its public half."""

    id: str
    key: X25519PublicKey


Ring = Mapping[str, X25519PrivateKey]


def seal(plain: str, *, key: PublicKey, uid: str, field: str) -> str:
    """`plain`, readable only by the holder of `key`'s private half and only as this uid's field."""
    sealed = SUITE.encrypt(plain.encode(), key.key, info=info(key.id, uid=uid, field=field))
    return f"{VERSION}.{key.id}.{encode(sealed)}"


def unseal(sealed: str, *, ring: Ring, uid: str, field: str) -> str:
    """What was sealed. CredentialUnusable for an unknown key, a changed value or another row's value."""
    try:
        version, key_id, body = sealed.split(".")
        if version != VERSION:
            raise CredentialUnusable
        raw = decode(body)
        if encode(raw) != body:
            raise CredentialUnusable  # other characters for the same bytes: a change, if a harmless one
        plain = SUITE.decrypt(raw, ring[key_id], info=info(key_id, uid=uid, field=field))
    except (KeyError, ValueError, InvalidTag) as error:
        raise CredentialUnusable from error
    return plain.decode()


def info(key_id: str, *, uid: str, field: str) -> bytes:
    return f"{VERSION}|{key_id}|{uid}|{field}".encode()


def generate(key_id: str) -> tuple[str, str]:
    """A new key pair as the two lines the settings want: (public, private)."""
    private = X25519PrivateKey.generate()
    public = encode(private.public_key().public_bytes_raw())
    return f"{key_id}:{public}", f"{key_id}:{encode(private.private_bytes_raw())}"


def newest(ring: Ring) -> PublicKey:
    """The key that seals: the public half of the ring's first."""
    key_id, private = next(iter(ring.items()))
    return PublicKey(key_id, private.public_key())


def key_of(sealed: str) -> str:
    """The id of the key it was sealed with, as it says itself."""
    return sealed.split(".")[1] if sealed.count(".") == 2 else ""


def beginning(key: PublicKey) -> str:
    """How everything begins that this key has sealed, for those who look for it in a table."""
    return f"{VERSION}.{key.id}."


def parse_public(line: str) -> PublicKey:
    """`id:base64` as CLOUDEVY_VAULT_PUBLIC_KEY holds it."""
    if not line.strip():
        raise missing(PUBLIC, "the public line")
    key_id, raw = parse(line, name=PUBLIC)
    return PublicKey(key_id, X25519PublicKey.from_public_bytes(raw))


def parse_ring(lines: str) -> Ring:
    """Lines of `id:base64` as CLOUDEVY_VAULT_PRIVATE_KEYS holds them, in their order."""
    ring: dict[str, X25519PrivateKey] = {}
    for line in lines.split():
        key_id, raw = parse(line, name=PRIVATE)
        if key_id in ring:
            raise BadEnvironment(f"{PRIVATE} holds two keys called {key_id}. Every key has an id of its own.")
        ring[key_id] = X25519PrivateKey.from_private_bytes(raw)
    if not ring:
        raise missing(PRIVATE, "the private line")
    return ring


def missing(name: str, which: str) -> BadEnvironment:
    return BadEnvironment(
        f"{name} holds no key. Make a pair with `python -m scheduler keygen` and put {which} there,"
        f" or into the file that {name}_FILE names."
    )


def parse(line: str, *, name: str) -> tuple[str, bytes]:
    key_id, _, body = line.strip().partition(":")
    try:
        raw = decode(body)
    except ValueError:
        raw = b""
    if not KEY_ID.fullmatch(key_id) or len(raw) != 32:
        raise BadEnvironment(
            f"{name} is not of the form id:base64 with a 32-byte X25519 key and an id of letters and digits."
        )
    return key_id, raw


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
