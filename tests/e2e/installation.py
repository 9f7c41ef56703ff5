"""The running installation that is tested."""

from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.ready import Ready


@dataclass(frozen=True)
class Installation:
    """Where it listens, how to sign in, and the data folder of its launcher."""

    ready: Ready
    data: Path

    @property
    def url(self) -> str:
        return self.ready.url

    @property
    def database_url(self) -> str:
        """As its api was given it."""
        given = Path(f"/proc/{self.pid('api')}/environ").read_text().split("\0")
        return next(each.partition("=")[2] for each in given if each.startswith("CLOUDEVY_DATABASE_URL="))

    def pid(self, program: str) -> int:
        """Of the process that runs now; the launcher writes it down with every start."""
        return int((self.data / "run" / f"{program}.pid").read_text())
