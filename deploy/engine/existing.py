"""The engine a machine has already: a developer's own. Never started, stopped or emptied by us."""

import os
import subprocess

from deploy.embedded.errors import CannotStart
from deploy.engine import daemon
from deploy.engine.commands import run


def environment() -> dict[str, str] | None:
    """Ours to use when an engine answers at DOCKER_HOST or in the usual place; else None.

    CannotStart when it answers but cannot do what the tests want.
    """
    found = dict(os.environ)
    if not daemon.answers(found):
        return None
    for plugin in ("compose", "buildx"):
        question = ("docker", plugin, "version")
        if subprocess.run(question, check=False, env=found, capture_output=True).returncode:
            raise CannotStart(
                f"Docker answers here, but its plugin {plugin} does not. "
                "Install that plugin and run this again."
            )
    return found | ({"CLOUDEVY_BUILD_ARGS": "--network=host"} if has_stand_ins(found) else {})


def has_stand_ins(found: dict[str, str]) -> bool:
    """Whether it is one that this package started and filled, for somebody who keeps it running."""
    return daemon.LABEL in run(("docker", "info", "--format", "{{json .Labels}}"), environment=found)
