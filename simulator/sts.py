"""STS's two actions: who am I, and give me a role's temporary credentials.

Must not know how a caller was recognised.
"""

from simulator import ec2, query, xml
from simulator.errors import AwsError
from simulator.identity import Credential, Identities
from simulator.query import Params


def answer(identities: Identities, caller: Credential, params: Params, *, now: float) -> str:
    """The XML inside the action's result element."""
    action = params.get("Action")
    if action == "GetCallerIdentity":
        return (
            xml.leaf("Arn", caller.arn)
            + xml.leaf("UserId", caller.user_id)
            + xml.leaf("Account", caller.account)
        )
    if action == "AssumeRole":
        return _assume_role(identities, caller, params, now)
    raise ec2.unknown_action(action)


def _assume_role(identities: Identities, caller: Credential, params: Params, now: float) -> str:
    seconds = query.number(params, "DurationSeconds")
    given = identities.assume(
        caller,
        role_arn=_needed(params, "RoleArn"),
        session=_needed(params, "RoleSessionName"),
        external_id=params.get("ExternalId"),
        seconds=3600 if seconds is None else seconds,
        now=now,
    )
    user = f"<AssumedRoleUser>{xml.leaf('AssumedRoleId', given.user_id)}{xml.leaf('Arn', given.arn)}</AssumedRoleUser>"
    keys = "".join(
        (
            xml.leaf("AccessKeyId", given.key_id),
            xml.leaf("SecretAccessKey", given.secret),
            xml.leaf("SessionToken", given.token),
            xml.leaf("Expiration", xml.moment(given.expires_at or now)),
        )
    )
    return f"{user}<Credentials>{keys}</Credentials>"


def _needed(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        text = f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        raise AwsError("ValidationError", text)
    return value
