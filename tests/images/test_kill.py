"""Each container dies in mid-story, killed as the kernel would, and the story still ends right."""

import time

import pytest

from deploy.demo.story import Story
from tests.images.conftest import Figures
from tests.images.server import LONG_RUNNING, Server


@pytest.mark.parametrize("container", LONG_RUNNING)
def test_the_story_comes_true_although_a_container_dies_in_each_act(
    server: Server, figures: Figures, container: str
) -> None:
    story = Story(server.api(), server.simulator(), break_now=lambda: server.kill(container))
    began = time.monotonic()
    wrong = story.tell()
    figures[f"story with {container} killed twice, s"] = round(time.monotonic() - began, 1)
    assert not wrong
    assert server.inspect(container)["RestartCount"] >= 2
    server.wait_healthy(*LONG_RUNNING)
