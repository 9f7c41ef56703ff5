"""How long a transition usually takes, so that the page can say "about 30 s" and look at the right moment."""

from collections.abc import Sequence

from django.db.models import Avg, F

from shared.fleet.models import Server
from shared.fleet.status import TRANSITIONS
from shared.operations.models import Operation
from shared.operations.states import State

# Without a history of its own: EC2's usual times for a small Linux server, in seconds.
USUAL = {"start": 30, "stop": 40, "reboot": 120}
ACTIONS = {word: action for action, word in TRANSITIONS.items()}


def expected_seconds(changing: Sequence[Server]) -> dict[int, int]:
    """Seconds from EC2's yes to the end seen: the server's own mean, else the usual time."""
    if not changing:
        return {}
    done = Operation.objects.filter(server__in=changing, state=State.SUCCEEDED, accepted_at__isnull=False)
    rows = done.values_list("server_id", "action").annotate(mean=Avg(F("finished_at") - F("accepted_at")))
    means = {(server, action): mean.total_seconds() for server, action, mean in rows.order_by()}
    wanted = {server.id: ACTIONS[server.transition] for server in changing}
    return {key: round(means.get((key, action), USUAL[action])) for key, action in wanted.items()}
