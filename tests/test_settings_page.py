"""The page on settings tells of every variable the programs read, and of no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "settings.md"
READ = re.compile(r'env\.(?:text|flag|number|secret)\(\s*"([A-Z_]+)"')
SECRET = re.compile(r'env\.secret\(\s*"([A-Z_]+)"')


def in_code(pattern: re.Pattern[str]) -> set[str]:
    files = [path for part in ("api", "scheduler", "shared") for path in (ROOT / part).rglob("*.py")]
    return {name for path in files if "tests" not in path.parts for name in pattern.findall(path.read_text())}


def on_page() -> dict[str, str]:
    rows = re.findall(r"^\| `([A-Z_]+)` (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(rows)


def test_every_variable_has_its_row_and_every_row_its_variable() -> None:
    assert set(on_page()) == in_code(READ)


def test_what_may_come_from_a_file_says_so() -> None:
    assert {name for name, row in on_page().items() if "*secret*" in row or "*file*" in row} == in_code(
        SECRET
    )
