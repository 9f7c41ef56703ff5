"""A file or a function that has grown too long is named."""

from pathlib import Path

from deploy.checks import sizes


def test_a_long_function_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("\n\ndef wordy():\n" + "    pass\n" * 50)
    assert list(sizes.too_long(path)) == [f"{path}:3: wordy has 51 lines; a function has at most 50"]


def test_a_long_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x = 1\n" * 301)
    assert list(sizes.too_long(path)) == [f"{path}: 301 lines; a file has at most 300"]


def test_migrations_may_be_as_long_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "shared" / "fleet" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").touch()
    (folder.parent / "models.py").touch()
    assert [path.name for path in sizes.sources(tmp_path)] == ["models.py"]
