"""The commands that write and read schedules as YAML: what they print, and how they end."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from api.tests.conftest import Person, schedule
from api.tests.documenting import everything
from shared.fleet.models import Server
from shared.schedules.models import Schedule

pytestmark = pytest.mark.django_db
OFFICE = {"windows": [{"days": ["mon", "tue", "wed"], "from": "08:00", "to": "20:00"}], "servers": []}


def ran(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def document(alice: Person, server: Server, tmp_path: Path) -> Path:
    """The document of two schedules that are there."""
    schedule(alice, name="Nightly", servers=[server.id])
    assert alice.post("schedules", OFFICE | {"name": "Office"}).status_code == 201
    file = tmp_path / "schedules.yaml"
    told = ran("export_schedules", "--output", str(file))
    assert told == f"Wrote the schedules of the workspace default to {file}.\n"
    return file


def test_an_export_goes_to_a_file_or_to_standard_output(alice: Person, document: Path) -> None:
    text = document.read_text()
    assert text == ran("export_schedules") == alice.get("schedules/export").content.decode()


def test_an_import_prints_what_it_changed(document: Path) -> None:
    text = document.read_text().replace("20:00", "19:00").replace("name: Nightly", "name: New")
    document.write_text(text.replace("  windows:", "  mode: alert\n  windows:"))
    assert ran("import_schedules", str(document), "--remove-others").splitlines() == [
        "+ New",
        "~ Office: mode: respect -> alert",
        "~ Office: windows: Mon-Wed 08:00-20:00 -> Mon-Wed 08:00-19:00",
        "- Nightly",
        "1 created, 1 changed, 1 removed, 0 unchanged.",
    ]
    assert ran("import_schedules", str(document)) == "0 created, 0 changed, 0 removed, 2 unchanged.\n"


def test_a_dry_run_prints_the_same_and_changes_nothing(document: Path) -> None:
    document.write_text(document.read_text().replace("name: Nightly", "name: New"))
    before = everything()
    told = ran("import_schedules", str(document), "--remove-others", "--dry-run").splitlines()
    assert everything() == before
    assert told[:2] == ["+ New", "- Nightly"]
    assert told[2].startswith("Dry run, nothing was changed. It would be: 1 created, 0 changed, 1 removed")


def test_of_long_lists_only_the_difference_is_printed(document: Path) -> None:
    days = "".join(f'\n  - {{day: "2099-01-0{day}"}}' for day in range(1, 7))
    document.write_text(document.read_text().replace("  windows:", f"  skip_dates:{days}\n  windows:"))
    ran("import_schedules", str(document))
    document.write_text(document.read_text().replace("2099-01-03", "2099-01-13"))
    assert ran("import_schedules", str(document)).splitlines()[0] == (
        "~ Office: skip_dates: 2099-01-03; 5 others as before -> 2099-01-13; 5 others as before"
    )


def test_a_document_may_come_from_standard_input(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Schedule.objects.filter(name="Office").delete()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document.read_bytes())))
    assert ran("import_schedules", "-").splitlines()[0] == "+ Office"


def test_what_is_wrong_is_printed_with_its_place_and_nothing_changes(document: Path) -> None:
    before = everything()
    text = document.read_text().replace("20:00", "24:00").replace("name: Nightly", "name: 7")
    document.write_text(text)
    with pytest.raises(CommandError) as refused:
        ran("import_schedules", str(document), "--remove-others")
    assert str(refused.value).splitlines() == [
        "Nothing was changed.",
        "document/schedules/0/name: Line 3: Write this as a text. (wrong_type)",
    ]
    document.write_text("version: 1\nversion: 1\n")
    with pytest.raises(CommandError, match=r"document: Line 2, column 1: 'version' is written twice"):
        ran("import_schedules", str(document))
    assert everything() == before


@pytest.mark.parametrize("command", ["export_schedules", f"import_schedules {__file__}"])
def test_an_unknown_workspace_is_named(alice: Person, command: str) -> None:
    with pytest.raises(CommandError, match="no workspace 'nowhere'"):
        ran(*command.split(), "--workspace", "nowhere")


def test_another_workspace_has_schedules_of_its_own(document: Path, charlie: Person) -> None:
    assert ran("export_schedules", "--workspace", "elsewhere") == "version: 1\nschedules: []\n"
    document.write_text(
        "version: 1\nschedules:\n- {name: a, rules: [{action: stop, cron: 0 7 * * *}], servers: []}"
    )
    assert ran("import_schedules", str(document), "--workspace", "elsewhere").splitlines()[0] == "+ a"
    assert Schedule.objects.get(name="a").workspace == charlie.workspace


def test_files_that_cannot_be_read_or_written_are_named(alice: Person, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone.yaml cannot be read: No such file"):
        ran("import_schedules", str(tmp_path / "gone.yaml"))
    (tmp_path / "latin").write_bytes("ü".encode("latin-1"))
    with pytest.raises(CommandError, match="is not a text in UTF-8"):
        ran("import_schedules", str(tmp_path / "latin"))
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        ran("export_schedules", "--output", str(tmp_path / "no" / "file"))


def test_a_failure_ends_with_exit_code_1(tmp_path: Path) -> None:
    """As a process of its own, as CI starts it."""
    command = [sys.executable, "-m", "api", "import_schedules", str(tmp_path / "gone.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
