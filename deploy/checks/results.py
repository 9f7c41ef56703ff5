"""How many checks passed and failed, counted from JUnit files rather than from what tools print."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Result:
    """Counts of one stage or of several."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Result") -> "Result":
        return Result(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def strict(self) -> "Result":
        """Nothing may be skipped here: a skip is a failure."""
        return Result(self.passed, self.failed + self.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (
            f", {self.skipped} skipped" if self.skipped else ""
        )


def read(path: Path, *, exit_code: int) -> Result:
    """What a test run wrote down. A run that ended badly without saying why counts as one failure."""
    try:
        found = sum(map(count, ElementTree.parse(path).iter("testcase")), Result())  # noqa: S314  our own file
    except (OSError, ElementTree.ParseError):
        return Result(failed=1)
    if (exit_code and not found.failed) or found == Result():
        return found + Result(failed=1)
    return found


def count(case: ElementTree.Element) -> Result:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return Result(failed=1)
    return Result(skipped=1) if "skipped" in kinds else Result(passed=1)
