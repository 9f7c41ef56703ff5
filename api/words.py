"""The closed sets of words the API speaks, as choices for serializers and for the schema."""

from api.accounts import health
from shared.fleet.models import Account, Observation
from shared.operations.reasons import WAITING as WAITING_REASONS
from shared.operations.states import Origin, State
from shared.schedules.windows import DAYS

SERVER_STATUSES = [
    (word, word)
    for word in (
        "running",
        "stopped",
        "starting",
        "stopping",
        "rebooting",
        "terminated",
        "missing",
        "unknown",
    )
]
ACCOUNT_STATUSES = [
    (word, word) for word in ("unchecked", "checking", "ok", "denied", "unreachable", "unusable")
]
# The host's own identity is no way in yet: the scheduler connects by role or by keys.
NEW_ACCOUNT_KINDS = [(kind.value, kind.label) for kind in (Account.Kind.ROLE, Account.Kind.KEYS)]
OPERATION_STATES = [(state.value, state.value) for state in State]
WAITING = [(code, code) for code in WAITING_REASONS]
OPERATION_ORIGINS = [(origin.value, origin.value) for origin in Origin]
METRICS_STATES = [(word, word) for word in ("ok", "waiting", "off", "not_running")]
WEEKDAYS = [(day, day) for day in DAYS]
REACTIONS = [(word, label) for word, label in Observation.Reaction.choices if word]
TIMELINE_KINDS = [(word, word) for word in ("planned", "operation", "observation")]
DECIDERS = [(word, word) for word in ("hold", "schedule", "none")]
TRANSITIONS = [(word, word) for word in ("occurrence", "hold")]
PLANNED_STATES = [(word, word) for word in ("planned", "skipped")]
HEALTHS = [(word, word) for word in health.STATES]
LINK_KINDS = [(word, word) for word in ("invitation", "reset")]
LOOKS = [(word, word) for word in ("fresh", "asked", "looking", "failing")]
