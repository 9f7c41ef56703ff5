"""A machine with an engine of its own keeps it as it is."""

import pytest

from deploy import engine
from deploy.embedded.errors import CannotStart
from deploy.engine import daemon, existing
from deploy.engine.tests.conftest import Fake


def test_an_engine_that_answers_is_used_with_the_official_images(fake_docker: Fake) -> None:
    calls = fake_docker({"image ls*": "true"})
    with engine.running() as environment:
        assert "CLOUDEVY_BUILD_ARGS" not in environment
    told = calls()
    assert "pull --quiet postgres:18" in told
    assert not [call for call in told if call.split()[0] in ("import", "load", "build", "tag", "rm", "rmi")]


def test_an_image_that_is_there_is_not_pulled_again(fake_docker: Fake) -> None:
    calls = fake_docker({"image ls*": "echo 61a24dc2be4f"})
    with engine.running():
        pass
    assert not [call for call in calls() if call.startswith("pull")]


def test_our_own_engine_kept_running_is_known_by_its_label(fake_docker: Fake) -> None:
    fake_docker({"info*": f"echo '[\"{daemon.LABEL}\"]'", "image ls*": "echo 61a24dc2be4f"})
    with engine.running() as environment:
        assert environment["CLOUDEVY_BUILD_ARGS"] == "--network=host"


@pytest.mark.parametrize("plugin", ["compose", "buildx"])
def test_an_engine_without_a_plugin_is_told_about(fake_docker: Fake, plugin: str) -> None:
    fake_docker({f"{plugin} version": "exit 1"})
    with pytest.raises(CannotStart, match=f"plugin {plugin} does not"):
        existing.environment()


def test_a_client_without_an_engine_is_no_engine(fake_docker: Fake) -> None:
    fake_docker({"version*": "exit 1"})
    assert existing.environment() is None


def test_a_machine_without_docker_has_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert existing.environment() is None
