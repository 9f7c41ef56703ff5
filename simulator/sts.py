"""STS's two actions: who am I, and give me a role's temporary credentials.

Must not know how a caller was recognised.
"""

from simulator import ec2, query, xml
from simulator.errors import AwsError
from simulator.identity import Credential, Identities, Wish
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
    wanted = Wish(
        role_arn=_needed(params, "RoleArn"),
        session=_needed(params, "RoleSessionName"),
        external_id=params.get("ExternalId"),
        seconds=3600 if seconds is None else seconds,
    )
    return _credentials(identities.assume(caller, wanted, now=now))


def _credentials(given: Credential) -> str:
    user = xml.leaf("AssumedRoleId", given.user_id) + xml.leaf("Arn", given.arn)
    keys = "".join(
        (
            xml.leaf("AccessKeyId", given.key_id),
            xml.leaf("SecretAccessKey", given.secret),
            xml.leaf("SessionToken", given.token),
            xml.leaf("Expiration", xml.moment(given.expires_at or 0)),
        )
    )
    return f"<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{keys}</Credentials>"


def _needed(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        text = f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        raise AwsError("ValidationError", f"1 validation error detected: {text}")
    return value
