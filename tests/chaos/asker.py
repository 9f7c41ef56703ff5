"""P12: the API's own service writes a wish down and dies before it can knock on anybody's door."""

import os
import signal

from django.db import transaction

from shared import clock
from shared.fleet.models import Server
from shared.operations import asking
from shared.operations.asking import Asker
from shared.operations.wishes import Wish
from shared.people.models import User, Workspace


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def no_knock(task: str, **ids: int | str) -> None:
    """In the place of the knock, which goes out after the commit."""
    transaction.on_commit(die)


def ask() -> int:
    """Ask as a person would to stop the first running server that has nothing to do."""
    workspace = Workspace.objects.get()
    user, _ = User.objects.get_or_create(email="chaos@example.com")
    idle = Server.objects.filter(observed_state="running", operations=None).order_by("id").first()
    if idle is not None:
        wish = Wish([idle.id], "stop")
        asking.request(wish, by=Asker(workspace, user), key=None, knock=no_knock, now=clock.now())
    return os.EX_OK
