"""Every error this product raises on purpose, as a family tree.

AppError
├── NotAllowed             one of our own rules says no, for now
│   ├── ServerBusy         another operation is under way
│   ├── ServerGone         terminated, or not found for a while
│   ├── ServerProtected    its owner forbade it
│   ├── WrongState         the action makes no sense in this state
│   ├── Unsupported        EC2, or whoever owns the instance, never allows this
│   ├── NotStuck           force stop is for servers that hang
│   ├── NotHibernatable    it was not launched with hibernation
│   ├── NotCancellable     too late to take it back
│   ├── NotRetryable       it has not ended, or there is nothing to repeat
│   ├── AccountInUse       something still hangs on it
│   ├── ConfirmationRequired  it would stop several servers at once, and nobody said so
│   ├── QuotaExceeded      there are as many as there may be
│   ├── AboveYourRole      who may do less does not manage who may do more
│   ├── LastOwner          a workspace is never left without one
│   ├── AlreadyMember      that address works in this installation
│   ├── LinkGone           a link to set a password was used, taken back, or is too old
│   ├── RevisionMismatch   somebody else saved first
│   └── IdempotencyConflict  the same key came with another body
├── Invalid                the input can be read, but it is wrong
│   └── InvalidRule        a timetable cannot be understood
└── CredentialUnusable     a stored credential cannot be opened or is empty

It knows no framework: `api.errors` turns these into HTTP answers, the scheduler into reasons.
"""


class AppError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, message: str = "", **extra: object) -> None:
        super().__init__(message or self.__doc__)
        self.extra = extra


class NotAllowed(AppError):
    """This cannot be done right now."""

    code = "not_allowed"


class ServerBusy(NotAllowed):
    """The server is busy with another operation. Wait for that to end, or queue it."""

    code = "server_busy"


class ServerGone(NotAllowed):
    """The server was terminated or can no longer be found in its account."""

    code = "server_gone"


class ServerProtected(NotAllowed):
    """The server is protected. Remove the protection first."""

    code = "protected"


class WrongState(NotAllowed):
    """The server is not in a state that allows this action."""

    code = "wrong_state"


class Unsupported(NotAllowed):
    """EC2 does not allow this for this kind of instance."""

    code = "unsupported_instance"


class NotStuck(NotAllowed):
    """Force stop is for a server that has been stopping for 20 minutes. Wait, or use Stop."""

    code = "not_stuck"


class NotHibernatable(NotAllowed):
    """The server was launched without hibernation, so it can only be stopped."""

    code = "not_hibernatable"


class NotCancellable(NotAllowed):
    """The operation was already sent or has ended, so it cannot be cancelled."""

    code = "not_cancellable"


class NotRetryable(NotAllowed):
    """Only an operation that failed, was skipped or cancelled, or ended unproven can be retried."""

    code = "not_retryable"


class AccountInUse(NotAllowed):
    """Schedules still name servers of this account. Delete or change them first."""

    code = "account_in_use"


class ConfirmationRequired(NotAllowed):
    """This stops several servers at once. Say how many, if that is meant."""

    code = "confirmation_required"


class QuotaExceeded(NotAllowed):
    """There are as many of these as there may be. Take some away first."""

    code = "quota_exceeded"


class AboveYourRole(NotAllowed):
    """Their role is above yours, or the role you want to give is."""

    code = "above_your_role"


class LastOwner(NotAllowed):
    """This is the only owner of the workspace. Make somebody else an owner first."""

    code = "last_owner"


class AlreadyMember(NotAllowed):
    """Somebody with this e-mail address works in this installation already."""

    code = "already_member"


class LinkGone(NotAllowed):
    """This link was used, taken back, or has expired. Ask for a new one."""

    code = "link_gone"


class RevisionMismatch(NotAllowed):
    """Somebody else changed this in the meantime. Load it again and repeat your change."""

    code = "revision_mismatch"


class IdempotencyConflict(NotAllowed):
    """This Idempotency-Key was already used with another request."""

    code = "idempotency_conflict"


class Invalid(AppError):
    """The request can be read, but a value in it is wrong.

    `field` names the value as a JSON pointer without its leading `#/`, e.g. `rules/0/cron`.
    """

    code = "invalid"

    def __init__(self, message: str = "", *, code: str = "", field: str = "", **extra: object) -> None:
        super().__init__(message, **extra)
        self.code = code or self.code
        self.field = field


class InvalidRule(Invalid):
    """This timetable cannot be understood."""

    code = "invalid_rule"


class CredentialUnusable(AppError):
    """The stored credential cannot be opened with this installation's keys. Enter it again."""

    code = "credential_unusable"
