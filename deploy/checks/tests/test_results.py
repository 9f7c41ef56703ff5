"""Totals come from reports, and no way of ending badly counts as success."""

from pathlib import Path

import pytest

from deploy.checks import results
from deploy.checks.results import Result

CASES = {
    "passed": "<testcase/>",
    "failed": "<testcase><failure/></testcase>",
    "broken": "<testcase><error/></testcase>",
    "skipped": "<testcase><skipped/></testcase>",
    "broken at the end": "<testcase><failure/><error/></testcase>",
}


def report(folder: Path, *kinds: str) -> Path:
    path = folder / "report.xml"
    path.write_text(
        f"<testsuites><testsuite>{''.join(CASES[kind] for kind in kinds)}</testsuite></testsuites>"
    )
    return path


@pytest.mark.parametrize(
    ("kinds", "exit_code", "counted"),
    [
        (["passed", "passed"], 0, Result(passed=2)),
        (["passed", "failed", "broken", "broken at the end"], 1, Result(passed=1, failed=3)),
        (["passed", "skipped"], 0, Result(passed=1, skipped=1)),
        (["passed"], 3, Result(passed=1, failed=1)),
        ([], 0, Result(failed=1)),
    ],
)
def test_cases_are_counted(tmp_path: Path, kinds: list[str], exit_code: int, counted: Result) -> None:
    assert results.read(report(tmp_path, *kinds), exit_code=exit_code) == counted


@pytest.mark.parametrize("content", [None, "", "<testsuites><testca"])
def test_a_report_that_is_missing_or_broken_is_a_failure(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "report.xml"
    if content is not None:
        path.write_text(content)
    assert results.read(path, exit_code=0) == Result(failed=1)


def test_where_nothing_may_be_skipped_a_skip_is_a_failure() -> None:
    assert Result(passed=3, failed=1, skipped=2).strict() == Result(passed=3, failed=3)
