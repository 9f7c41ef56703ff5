"""How a scripted fault spoils an answer: cut it, hold it back, let it drip, or put another in its place.

Must not know sockets; it says what the connection shall do.
"""

from simulator.faults import Fault
from simulator.messages import Answer

_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_HANG_SECONDS, _SLOW_SECONDS = 300.0, 5.0


def before(fault: Fault) -> Answer:
    """What a caller gets whose request is never served."""
    if fault.kind == "hang":
        return Answer(0, b"", cut="hang", wait=_seconds(fault, _HANG_SECONDS))
    return Answer(0, b"", cut="reset")


def after(answer: Answer, fault: Fault) -> None:
    """The effect stands, but the caller does not get to see a proper answer, or late."""
    if fault.kind == "slow":
        answer.wait += _seconds(fault, _SLOW_SECONDS)
    elif fault.kind == "slow_body":
        answer.drip = _seconds(fault, _SLOW_SECONDS)
    elif fault.kind == "garbage":
        answer.body, answer.kind = _GARBAGE, "text/html"
    elif fault.kind == "hang_after":
        answer.cut, answer.wait = "hang", _seconds(fault, _HANG_SECONDS)
    else:
        answer.cut = "truncate" if fault.kind == "truncate" else "reset"


def _seconds(fault: Fault, otherwise: float) -> float:
    return otherwise if fault.seconds is None else fault.seconds
