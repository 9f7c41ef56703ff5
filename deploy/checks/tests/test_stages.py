"""Which stages a call of ./test runs."""

from pathlib import Path

import pytest

from deploy.checks import __main__ as program
from deploy.checks import stages

DAILY = ["lint", "page", "shared", "simulator", "scheduler", "api", "deploy", "scripts", "system"]


def chosen(*arguments: str) -> list[str]:
    wanted = program.parse(list(arguments))
    return [stage.name for stage in program.choose(wanted.names, everything=wanted.all)]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), DAILY),
        (("--all",), [*DAILY, "story", "chaos", "e2e", "images"]),
        (("deep",), ["deep"]),
        (("api", "shared"), ["shared", "api"]),
        (("e2e", "deep"), ["e2e", "deep"]),
    ],
)
def test_a_call_runs_the_stages_it_means(arguments: tuple[str, ...], names: list[str]) -> None:
    assert chosen(*arguments) == names


def test_what_runs_only_when_named_is_no_part_of_the_integration() -> None:
    script = Path(".ci/run").read_text()
    assert "./test --all" in script
    assert [name for name in ("deep",) if name in script] == []


def test_what_runs_deep_is_there_and_found_by_nobody_else() -> None:
    assert Path(stages.DEEP).is_file()
    assert not Path(stages.DEEP).name.startswith("test_")
