"""The closed sets of words the API speaks, as choices for serializers and for the schema."""

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
OPERATION_STATES = [(state.value, state.value) for state in State]
OPERATION_ORIGINS = [(origin.value, origin.value) for origin in Origin]
METRICS_STATES = [(word, word) for word in ("ok", "waiting", "off", "not_running")]
WEEKDAYS = [(day, day) for day in DAYS]
LOOKS = [(word, word) for word in ("fresh", "asked", "looking", "failing")]
