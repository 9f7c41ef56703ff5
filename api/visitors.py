"""The outermost middleware: who asks is decided before anybody counts, redirects or logs.

Afterwards REMOTE_ADDR is the visitor's address and X-Forwarded-Proto is true or absent; no other header of a
proxy is left for anybody to believe.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api import proxies
from api.names import Names
from api.proxies import Address, Proxies

FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
FORWARDED_PROTO = "HTTP_X_FORWARDED_PROTO"
CLAIMS = (
    FORWARDED_FOR,
    FORWARDED_PROTO,
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)


class Visitors:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.trusted: Proxies = settings.TRUSTED_PROXIES
        self.names = Names(self.trusted.names)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        claims = {name: request.META.pop(name) for name in CLAIMS if name in request.META}
        if claims:
            self.recognize(request, claims)
        return self.get_response(request)

    def recognize(self, request: HttpRequest, claims: dict[str, str]) -> None:
        visitor = proxies.visitor(
            peer=request.META.get("REMOTE_ADDR", ""),
            forwarded_for=claims.get(FORWARDED_FOR, ""),
            scheme=claims.get(FORWARDED_PROTO, ""),
            trusted=self.trusts,
        )
        request.META["REMOTE_ADDR"] = visitor.address
        if visitor.scheme:
            request.META[FORWARDED_PROTO] = visitor.scheme

    def trusts(self, address: Address) -> bool:
        return self.trusted.in_networks(address) or self.names.have(address)
