"""Options are refused with code 2 and a sentence that names them."""

from pathlib import Path

import pytest

from deploy.embedded.options import parse

HERE = Path("/somewhere")


def test_without_options_everything_lies_in_var() -> None:
    found = parse([], base=HERE)
    assert (found.port, found.data, found.demo, found.story) == (None, Path("var"), True, False)


def test_paths_are_meant_from_where_the_person_stands() -> None:
    found = parse(["--data", "d", "--ready-file", "r.json"], base=HERE)
    assert (found.data, found.ready_file) == (HERE / "d", HERE / "r.json")


def test_the_story_has_a_folder_of_its_own() -> None:
    assert parse(["--story", "--break", "beat"], base=HERE).data is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "0"], "0 is not a port"),
        (["--port", "65536"], "65536 is not a port"),
        (["--port", "²"], "² is not a port"),
        (["--break", "worker"], "--break belongs to --story"),
        (["--story", "--break", "api"], "invalid choice: 'api'"),
        (["--story", "--no-demo"], "leave --no-demo"),
        (["--prot", "1"], "unrecognized arguments: --prot"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments, base=HERE)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
