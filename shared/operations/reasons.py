"""Why an operation ended as it did: stable codes, each with a sentence that says what to do next. Pure."""

from collections.abc import Mapping

from shared.fleet.status import SHOWN

SENTENCES = {
    "already_in_state": "Nothing to do: the server was already {goal}.",
    "conflict": "At the same moment '{schedule}' asks for a {winner}, and {winner} wins over {action}.",
    "duplicate": "At the same moment '{schedule}' asks for the same {action}; once is enough.",
    "kept_on": "Kept on by the hours of '{schedule}'.",
    "superseded": "A later decision for this server went first.",
    "superseded_by_manual": (
        "After its time {who} decided otherwise, so the server was left as it is. "
        "Retry it if it is still wanted."
    ),
    "too_late": "Its time window had passed before it could be sent. Retry it if it is still wanted.",
    "held": "Kept {want} until {until} by {author}.",
    "skipped_once": "This one occurrence was set to be skipped.",
    "observe_only": "This schedule only observes; nothing was sent.",
    "protected": (
        "The server is protected, so schedules leave it alone. "
        "Take the protection off on its page to change that."
    ),
    "server_gone": "The server was terminated or can no longer be found.",
    "account_disabled": (
        "The region of this server is switched off. Switch it on under Accounts, then retry."
    ),
    "wrong_state": "A {state} server cannot be asked to {action}.",
    "denied": "AWS refused: {aws} Check the permissions of this account's role or keys.",
    "credential_unusable": "Nothing was sent with this account's credentials: {aws} Then retry.",
    "instance_not_found": (
        "EC2 does not know this instance in this account and region. "
        "Use Discover under Accounts; it may have been terminated."
    ),
    "insufficient_capacity": "EC2 has no room for this instance type in its zone now. Try again in minutes.",
    "refused": "EC2 refused: {aws} Mend what EC2 names, then retry.",
    "failed_start": (
        "EC2 began to start the server and fell back to stopped: {aws} Retry it once the cause is gone."
    ),
    "confirm_timeout": (
        "EC2 accepted the request, but the server was still {state} after {minutes} minutes. "
        "Look at the server's page: a stop that hangs can be forced there."
    ),
    "not_seen": (
        "EC2 accepted the request, but could not be asked since what came of it. "
        "Look at the server, then retry if it is needed."
    ),
    "reboot_not_proven": (
        "Reboot sent, not proven: EC2 shows no sign either way within {minutes} minutes. "
        "Look at the server, then retry if it is needed."
    ),
    "call_unanswered": (
        "EC2 never answered the request, and it cannot be told whether it was carried out. "
        "Look at the server, then retry if it is needed."
    ),
    "ended_elsewhere": (
        "Somebody else changed the server meanwhile: it is {state}. Ask again if something else is wanted."
    ),
    "schedule_changed": "The schedule was changed, paused or deleted before this could be sent.",
    "not_stuck": "The server no longer hangs, so its power was not cut.",
    "cancelled_by_person": "Cancelled by {author} before it was sent.",
    "forced": "The stop hung, and {author} forced it instead.",
    "end_seen": "The server was seen {goal}.",
    "reboot_seen": "The status checks were seen to fail and recover.",
    "auto_scaling": "An Auto Scaling group owns this server and would replace it. Change the group instead.",
    "provider_managed": "AWS runs this server for one of its services. Use that service to start or stop it.",
    "instance_store": "Its root disk is an instance store, so EC2 can reboot it, but not stop or start it.",
    "lifecycle": "Cloudevy leaves {lifecycle} instances alone: their capacity is bought for a fixed time.",
    "stop_protected": "Stop protection is on. Turn disableApiStop off for this server in EC2, then retry.",
    "one_time_spot": "A one-time Spot request made this server, and EC2 can only end those, not stop them.",
    "throttled": (
        "AWS kept refusing this account's requests as too many until its time window had passed. "
        "Find what else asks EC2 in this account, then retry."
    ),
    "unreachable": (
        "AWS could not be reached before its time window had passed: {aws} "
        "Check the network of Cloudevy's host, then retry."
    ),
    "hibernated": "The server was seen stopped, hibernated.",
    "stopped_without_hibernating": "The server was seen stopped, but it was shut down, not hibernated: {aws}",
    "quota_used_up": (
        "The quota of running vCPUs of this account was used up until its time was over: {aws} "
        "Stop other servers or ask AWS to raise it, then retry."
    ),
    "never_ready": (
        "The server was still {state} until its time was over. "
        "Look at its page: a stop that hangs can be forced there."
    ),
    "no_tokens": (
        "EC2's limits did not let it through in time. "
        "Enter a raised limit under Accounts, or retry when less is going on."
    ),
    "stopped_by_aws": "AWS stopped the server itself: {aws} Retry it if it is still wanted.",
    "gave_up": "It could not be done in time: {aws} Mend what EC2 names, then retry.",
}
# Why an operation that is still requested waits; `Operation.waiting` is the code. Nothing stores `busy`:
# whoever reads sees it from what goes before.
WAITING = {
    "busy": "Another operation ({operation}) on this server has not ended.",
    "tokens": (
        "EC2's rate limit for this account and region leaves no room right now. "
        "It goes by itself; enter a raised limit under Accounts."
    ),
    "throttled": (
        "AWS refused the request as one too many. "
        "Something else uses this account too; it goes again by itself."
    ),
    "no_capacity": "EC2 has no room for this instance type in its zone now.",
    "not_ready": "The server is still {state}; EC2 takes no other request until that is over.",
    "unreachable": "AWS cannot be reached from the scheduler: {aws}",
    "refused": "EC2 refused for now: {aws}",
    "hibernation": "The server was started too short a while ago to hibernate: {aws}",
    "spot_request": "Its Spot request does not let it start yet: {aws}",
    "quota": "The quota of running vCPUs of this account is used up; stop others or ask AWS for more. {aws}",
}
# What EC2's terse StateReason usually means, and what to do
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html).
HINTS = {
    "Client.InternalError": (
        "The key of an encrypted volume is the usual cause: allow kms:CreateGrant on it to the role or user"
        " of this account."
    ),
    "Client.VolumeLimitExceeded": "The account's volume limit is reached: ask AWS to raise it.",
    "Server.InsufficientInstanceCapacity": "EC2 had no room for this instance type: try again later.",
}
GOALS = {"start": "running", "stop": "stopped", "reboot": "running"}


def explained(state_reason: str) -> str:
    """EC2's StateReason as a sentence, with what it usually means."""
    text = state_reason.strip().rstrip(".") + "."
    hint = next((hint for code, hint in HINTS.items() if code in state_reason), "")
    return f"{text} {hint}".strip()


def called(action: str, options: Mapping[str, bool]) -> str:
    """The action as people call it: a stop may be a "force stop" or a "hibernate"."""
    if options.get("force"):
        return "force stop"
    return "hibernate" if options.get("hibernate") else action


def sentence(code: str, **words: object) -> str:
    """The reason in words. A word that the sentence wants and nobody gave is a KeyError: a defect."""
    return SENTENCES[code].format(**for_people(words))


def for_people(words: Mapping[str, object]) -> dict[str, object]:
    """EC2's word for a state as the page shows it: `pending` is starting."""
    return {name: SHOWN.get(str(word), word) if name == "state" else word for name, word in words.items()}
