"""EC2's StateReasons: why a server came into the state it is in.

Codes: EC2 API reference, StateReason. The sentences are those EC2 itself sends, as users quote them.
Must not know when one applies.
"""

from simulator.instances import Reason

_SENTENCES = {
    "Client.InstanceInitiatedShutdown": "Instance initiated shutdown",
    "Client.InternalError": "Client error on launch",
    "Client.UserInitiatedHibernate": "User initiated hibernate",
    "Client.UserInitiatedShutdown": "User initiated shutdown",
    "Client.VolumeLimitExceeded": "Volume limit exceeded",
    "Server.InsufficientInstanceCapacity": "Insufficient capacity to satisfy instance request",
    "Server.InternalError": "Internal error on launch",
    "Server.ScheduledStop": "The instance was stopped due to a scheduled retirement",
    "Server.SpotInstanceShutdown": "Spot instance shutdown",
    "Server.SpotInstanceTermination": "Spot instance termination",
}


def stated(code: str, message: str | None = None) -> Reason:
    """The reason with this code; without a `message`, in the words EC2 has for it."""
    return Reason(code, message or (f"{code}: {_SENTENCES[code]}" if code in _SENTENCES else code))


USER_SHUTDOWN = stated("Client.UserInitiatedShutdown")
USER_HIBERNATE = stated("Client.UserInitiatedHibernate")
INSIDE_SHUTDOWN = stated("Client.InstanceInitiatedShutdown")
LAUNCH_ERROR = stated("Client.InternalError")
SCHEDULED_STOP = stated("Server.ScheduledStop")
SPOT_SHUTDOWN = stated("Server.SpotInstanceShutdown")
SPOT_TERMINATION = stated("Server.SpotInstanceTermination")
PENDING = Reason("pending", "pending")
