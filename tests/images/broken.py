"""Versions that must not come to run: each is the first one with a single fault, and named after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.images.server import IMAGES, ROOT, Environment, run

PROGRAM = "/opt/cloudevy/program"
LAST_MIGRATION = max(path.stem for path in (ROOT / "shared" / "people" / "migrations").glob("0*.py"))
FAILING_MIGRATION = f"""
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "{LAST_MIGRATION}")]
    operations = [migrations.RunSQL("SELECT broken_on_purpose")]
"""
# Not at once: settings are tried before anything is restarted, and this is no fault of theirs.
CRASHING_WORKER = """
import sys

if "worker" in sys.argv:
    raise SystemExit("broken on purpose")
"""


@dataclass(frozen=True)
class Fault:
    """A file that is put into one of the images."""

    image: str
    path: str
    content: str


FAULTS: Mapping[str, Fault] = {
    "crashes": Fault("cloudevy-downtime-scheduler", "scheduler/programs.py", CRASHING_WORKER),
    "never-healthy": Fault("cloudevy-api", "healthcheck.py", 'raise SystemExit("never well")\n'),
    "cannot-migrate": Fault("cloudevy-api", "shared/people/migrations/9999_broken.py", FAILING_MIGRATION),
}


def build(fault: str, *, of: str, docker: Environment, folder: Path) -> None:
    """All images under the fault's name."""
    broken = FAULTS[fault]
    (folder / "file").write_text(broken.content)
    (folder / "Dockerfile").write_text(
        f"FROM {broken.image}:{of}\nCOPY --chmod=0644 file {PROGRAM}/{broken.path}\n"
    )
    for image in IMAGES:
        command: tuple[str, ...] = ("tag", f"{image}:{of}", f"{image}:{fault}")
        if image == broken.image:
            command = ("build", "--quiet", "--tag", f"{image}:{fault}", str(folder))
        done = run("docker", *command, folder=ROOT, environment=docker)
        assert done.code == 0, done.said
