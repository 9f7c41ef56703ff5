"""Signature version 4 on the receiving side: the credential scope, and the check of the signature.

Source: "Signature Version 4 signing process" in the AWS general reference. Must not know accounts or actions.
"""

import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from simulator.messages import Request

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request,\s*"
    r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What an Authorization header says."""

    key_id: str
    date: str
    region: str
    service: str
    headers: str
    signature: str


def read(header: str | None) -> Signed | None:
    """None when there is no header or it is not a version 4 signature."""
    match = _HEADER.fullmatch(header) if header else None
    return Signed(*match.groups()) if match else None


def fits(signed: Signed, request: Request, *, secret: str) -> bool:
    """Whether the signature was made with `secret` over exactly this request."""
    stamp = request.headers.get("x-amz-date", "")
    path, _, asked = request.target.partition("?")
    listed = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed.headers.split(";")
    )
    digest = sha256(request.body).hexdigest()
    parts = (request.method, quote(path, safe="/-_.~%"), _query(asked), listed, signed.headers, digest)
    canonical = "\n".join(parts).encode()
    scope = f"{signed.date}/{signed.region}/{signed.service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical).hexdigest()}"
    key = _signing_key(secret, signed.date, signed.region, signed.service)
    return hmac.compare_digest(hmac.digest(key, to_sign.encode(), "sha256").hex(), signed.signature)


def _query(text: str) -> str:
    return "&".join(sorted(pair if "=" in pair else f"{pair}=" for pair in text.split("&") if pair))


@lru_cache(maxsize=1024)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
