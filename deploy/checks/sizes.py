"""Files stay under 300 lines and functions under 50; prints those that do not."""

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

FOLDERS = ("api", "bench", "deploy", "scheduler", "shared", "simulator", "tests")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50


def main() -> int:
    """1 when something is too long."""
    found = [line for path in sources(Path.cwd()) for line in too_long(path)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def sources(root: Path) -> Iterable[Path]:
    files = (path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py")))
    return (path for path in files if "migrations" not in path.parts)


def too_long(path: Path) -> Iterable[str]:
    text = path.read_text()
    lines = len(text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines; a file has at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                place = f"{path}:{node.lineno}: {node.name}"
                yield f"{place} has {length} lines; a function has at most {LONGEST_FUNCTION}"


if __name__ == "__main__":
    sys.exit(main())
