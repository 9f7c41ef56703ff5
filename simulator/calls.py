"""One request to AWS, as everything that judges or records it sees it.

Must not know how it came in, nor its outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """`at` is UTC epoch seconds; `mark` the id a caller put into its User-Agent, to join records by.

    `kinds` and `zones` are the instance types and the zones of the servers it names.
    """

    at: float
    action: str
    account: str
    region: str
    ids: Sequence[str] = ()
    mark: str | None = None
    request_id: str | None = None
    options: Mapping[str, bool] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.account, self.region, self.action)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which AWS region. `denied` are the actions no policy allows it.

    `only_tagged`: tags a server must have before this caller may change it.
    """

    account: str
    region: str
    arn: str = "arn:aws:iam::000000000000:user/someone"
    denied: frozenset[str] = frozenset()
    mark: str | None = None
    request_id: str | None = None
    only_tagged: tuple[tuple[str, str], ...] = ()

    def asks(
        self, action: str, at: float, *, ids: Sequence[str] = (), options: Mapping[str, bool] | None = None
    ) -> Call:
        return Call(at, action, self.account, self.region, ids, self.mark, self.request_id, options or {})

    def may_change(self, tags: Mapping[str, str]) -> bool:
        """Whether its policy covers a server with these tags."""
        return all(tags.get(key) == value for key, value in self.only_tagged)
