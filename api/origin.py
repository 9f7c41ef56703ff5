"""What follows from the address under which people reach Cloudevy. Pure; `settings` asks it once.

https means secure cookies, HSTS and a redirect. Plain http is for loopback, or for whoever says so aloud.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.env import BadEnvironment

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Origin:
    """`url` without a trailing slash, `host` as Django's ALLOWED_HOSTS wants it."""

    url: str
    host: str
    secure: bool
    plain_http: bool

    @property
    def hosts(self) -> list[str]:
        """Host headers that are answered; loopback always, for health checks on the machine itself."""
        return [self.host, *(name for name in LOOPBACK if name != self.host)]

    def cookie(self, name: str) -> str:
        """`__Host-` ties a cookie to this very host, but browsers take it over https only."""
        return f"__Host-{name}" if self.secure else name

    def settings(self) -> dict[str, object]:
        """Django's settings that depend on it."""
        return {
            "ALLOWED_HOSTS": self.hosts,
            "SESSION_COOKIE_NAME": self.cookie("sessionid"),
            "CSRF_COOKIE_NAME": self.cookie("csrftoken"),
            "SESSION_COOKIE_SECURE": self.secure,
            "CSRF_COOKIE_SECURE": self.secure,
            "CSRF_TRUSTED_ORIGINS": [self.url],
            "SECURE_SSL_REDIRECT": self.secure,
            "SECURE_SSL_HOST": None,
            "SECURE_HSTS_SECONDS": YEAR if self.secure else 0,
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": self.secure,
            "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if self.secure else None,
        }


def parse(url: str, *, allow_plain: bool) -> Origin:
    """CLOUDEVY_PUBLIC_URL as an Origin; BadEnvironment when it is none, or passwords would go unencrypted."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadEnvironment(
            f"CLOUDEVY_PUBLIC_URL={url!r} is not of the form https://host or https://host:port."
        )
    secure = parts.scheme == "https"
    plain = not secure and not is_loopback(parts.hostname)
    if plain and not allow_plain:
        raise BadEnvironment(
            f"CLOUDEVY_PUBLIC_URL={url!r} would send passwords unencrypted. "
            "Use https, or set CLOUDEVY_ALLOW_PLAIN_HTTP=1 if you accept that."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Origin(url=f"{parts.scheme}://{parts.netloc}", host=host, secure=secure, plain_http=plain)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
