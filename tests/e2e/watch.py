"""What the browser complains about and asks for while a test drives it. Knows nothing of the screens."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

# Told through the console, because that is where Chromium tells of it only half.
CSP_LISTENER = """
document.addEventListener('securitypolicyviolation', (event) => console.error(
  `content policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))
"""
REFUSED = r"Failed to load resource: the server responded with a status of {status}"
UNREACHABLE = r"Failed to load resource: net::ERR_"


def refused(status: int) -> str:
    """The console's line about an answer with this status; for `allow`."""
    return REFUSED.format(status=status)


@dataclass
class Asked:
    """One request. `at`: when it left, in epoch seconds."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    at: float = field(default_factory=time.time)

    @property
    def statuses(self) -> bool:
        return self.path == "/api/v1/servers/statuses"


class Watch:
    """Complaints and requests of one page."""

    def __init__(self, page: Page, origin: str) -> None:
        self.origin = origin
        self.asked: list[Asked] = []
        self.lines: list[str] = []
        self._troubles: list[str] = []
        self._allowed: list[str] = []
        self._open: dict[Request, Asked] = {}
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._troubles.append(f"page error: {error}"))
        page.on("request", self._left)
        page.on("requestfinished", self._dated)

    def allow(self, *patterns: str) -> None:
        """Complaints that this test provokes on purpose, as regular expressions."""
        self._allowed.extend(patterns)

    @property
    def troubles(self) -> list[str]:
        """What nobody allowed."""
        return [each for each in self._troubles if not any(re.search(one, each) for one in self._allowed)]

    def statuses(self, *, since: float, until: float) -> list[Asked]:
        """The batched status questions in a span of epoch seconds."""
        return within((each for each in self.asked if each.statuses), since=since, until=until)

    def metrics(self, server: int) -> list[Asked]:
        return [each for each in self.asked if each.path == f"/api/v1/servers/{server}/metrics"]

    def posts(self, path: str) -> list[Asked]:
        return [each for each in self.asked if each.method == "POST" and each.path == path]

    def everything(self, *, since: float, until: float) -> list[Asked]:
        return within(self.asked, since=since, until=until)

    def _heard(self, message: ConsoleMessage) -> None:
        self.lines.append(message.text)
        if message.type in ("error", "warning"):
            where = message.location.get("url", "") if message.location else ""
            self._troubles.append(f"console {message.type}: {message.text} {where}".rstrip())

    def _left(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin and parts.scheme not in ("data", "blob"):
            self._troubles.append(f"asked another origin: {request.url}")
        asked = Asked(request.method, parts.path, parts.query, request.headers)
        self.asked.append(asked)
        self._open[request] = asked

    def _dated(self, request: Request) -> None:
        """The browser's own clock is exacter than the moment its event reached us."""
        asked, began = self._open.pop(request, None), request.timing["startTime"]
        if asked and began > 0:
            asked.at = began / 1000


def within(asked: Iterable[Asked], *, since: float, until: float) -> list[Asked]:
    return [each for each in asked if since <= each.at <= until]
