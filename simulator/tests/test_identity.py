"""Who may call: keys, signatures, roles with ExternalIds, temporary credentials that expire."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.tests.support import KEY, OTHER, OTHER_KEY, SECRET, Running, name_of, server

ROLE = f"arn:aws:iam::{OTHER}:role/"
WRONG = {"aws_access_key_id": KEY, "aws_secret_access_key": "wrong"}
UNKNOWN = {"aws_access_key_id": "AKIAUNKNOWN000000000", "aws_secret_access_key": SECRET}


def refusal(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def assumed(simulator: Running, role: str = "cloudevy", **more: Any) -> dict[str, str]:
    """Keyword arguments for a client that uses a role's credentials."""
    wanted = {"RoleArn": ROLE + role, "RoleSessionName": "cloudevy-1-2", "ExternalId": "ours"} | more
    given = simulator.client("sts").assume_role(**wanted)["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def ask(simulator: Running, service: str, **credentials: str) -> Any:
    client = simulator.client(service, **credentials)
    return client.get_caller_identity if service == "sts" else client.describe_regions


@pytest.mark.parametrize(
    ("credentials", "service", "answer"),
    [
        (UNKNOWN, "ec2", ("AuthFailure", 401)),
        (UNKNOWN, "sts", ("InvalidClientTokenId", 403)),
        (WRONG, "ec2", ("AuthFailure", 401)),
        (WRONG, "sts", ("SignatureDoesNotMatch", 403)),
    ],
)
def test_bad_keys_are_refused_in_the_words_of_each_service(
    simulator: Running, credentials: dict[str, str], service: str, answer: tuple[str, int]
) -> None:
    assert refusal(ask(simulator, service, **credentials)) == answer


def test_cloudwatch_refuses_bad_keys_too(simulator: Running) -> None:
    client = simulator.client("cloudwatch", **UNKNOWN)
    code, status = refusal(client.get_metric_data, StartTime=1, EndTime=2, MetricDataQueries=[])
    assert (code, status) == ("InvalidClientTokenId", 403)


def test_a_wrong_secret_passes_where_signatures_are_not_verified(simulator: Running) -> None:
    simulator.control("POST", "/_sim/settings", {"verify_signatures": False})
    assert ask(simulator, "sts", **WRONG)()["Account"] == "111122223333"


def test_an_unknown_region_is_an_auth_failure(simulator: Running) -> None:
    client = simulator.client("ec2", region="xx-nowhere-1")
    assert refusal(client.describe_instances) == ("AuthFailure", 401)


def test_each_key_sees_its_own_account(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock()))
    world.add(server(2, now=world.clock(), account=OTHER))
    for key, number in ((KEY, 1), (OTHER_KEY, 2)):
        client = simulator.client("ec2", aws_access_key_id=key, aws_secret_access_key=SECRET)
        seen = [page["Instances"][0]["InstanceId"] for page in client.describe_instances()["Reservations"]]
        assert seen == [name_of(number)]


def test_a_role_leads_into_the_other_account(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(2, now=world.clock(), account=OTHER))
    credentials = assumed(simulator)
    identity = ask(simulator, "sts", **credentials)()
    assert (identity["Account"], identity["Arn"]) == (
        OTHER, f"arn:aws:sts::{OTHER}:assumed-role/cloudevy/cloudevy-1-2",
    )  # fmt: skip
    assert simulator.client("ec2", **credentials).stop_instances(InstanceIds=[name_of(2)])[
        "StoppingInstances"
    ]


def test_a_role_learns_the_first_external_id_and_enforces_it(simulator: Running) -> None:
    sts = simulator.client("sts")
    wanted = {"RoleArn": ROLE + "cloudevy", "RoleSessionName": "cloudevy-1-2"}
    assert refusal(sts.assume_role, **wanted) == ("AccessDenied", 403)
    assert sts.assume_role(**wanted, ExternalId="first")["Credentials"]
    assert refusal(sts.assume_role, **wanted, ExternalId="second") == ("AccessDenied", 403)
    assert sts.assume_role(**wanted, ExternalId="first")["Credentials"]


def test_a_fixed_external_id_is_the_only_one(simulator: Running) -> None:
    sts = simulator.client("sts")
    wanted = {"RoleArn": "arn:aws:iam::111122223333:role/fixed", "RoleSessionName": "some"}
    assert refusal(sts.assume_role, **wanted, ExternalId="wrong")[0] == "AccessDenied"
    assert sts.assume_role(**wanted, ExternalId="right")["Credentials"]


def test_a_role_that_trusts_somebody_else_or_does_not_exist_looks_the_same(simulator: Running) -> None:
    sts = simulator.client("sts")
    for name in ("closed", "nobody"):
        with pytest.raises(ClientError, match=f"sts:AssumeRole on resource: {ROLE}{name}"):
            sts.assume_role(RoleArn=ROLE + name, RoleSessionName="some", ExternalId="ours")


@pytest.mark.parametrize(
    "bad",
    [
        {"RoleArn": "not-an-arn"},
        {"RoleSessionName": "x" * 65},
        {"RoleSessionName": "with space"},
        {"RoleSessionName": ""},
        {"DurationSeconds": 899},
        {"DurationSeconds": 43201},
    ],
)
def test_a_malformed_wish_is_a_validation_error(simulator: Running, bad: dict[str, Any]) -> None:
    wanted = {"RoleArn": ROLE + "cloudevy", "RoleSessionName": "some", "ExternalId": "ours"} | bad
    assert refusal(simulator.client("sts").assume_role, **wanted) == ("ValidationError", 400)


def test_a_chained_role_lasts_an_hour_at_most(simulator: Running) -> None:
    sts = simulator.client("sts", **assumed(simulator, "reader"))
    wanted = {"RoleArn": ROLE + "cloudevy", "RoleSessionName": "some", "ExternalId": "ours"}
    assert refusal(sts.assume_role, **wanted, DurationSeconds=3601)[0] == "ValidationError"


def test_temporary_credentials_expire(simulator: Running) -> None:
    credentials = assumed(simulator, DurationSeconds=900)
    world = simulator.simulation.world
    clock = world.clock
    world.clock = lambda: clock() + 901
    assert refusal(ask(simulator, "ec2", **credentials)) == ("RequestExpired", 400)
    assert refusal(ask(simulator, "sts", **credentials)) == ("ExpiredToken", 403)


def test_temporary_credentials_need_their_token(simulator: Running) -> None:
    credentials = assumed(simulator) | {"aws_session_token": "another"}
    assert refusal(ask(simulator, "ec2", **credentials)) == ("AuthFailure", 401)


def test_what_a_role_may_not_do_is_an_unauthorized_operation_even_as_a_dry_run(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(2, now=world.clock(), account=OTHER))
    client = simulator.client("ec2", **assumed(simulator, "reader"))
    for dry in (True, False):
        refused = refusal(client.stop_instances, InstanceIds=[name_of(2)], DryRun=dry)
        assert refused == ("UnauthorizedOperation", 403)
    assert refusal(client.start_instances, InstanceIds=[name_of(2)], DryRun=True)[0] == "DryRunOperation"
