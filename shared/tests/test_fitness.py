"""What an instance can never be asked."""

import pytest

from shared.fleet.fitness import against, restrictions


@pytest.mark.parametrize(
    ("flags", "action", "code"),
    [
        ({"asg": "web"}, "stop", "auto_scaling"),
        ({"asg": "web"}, "start", "auto_scaling"),
        ({"operator_managed": True}, "reboot", "provider_managed"),
        ({"root_device_type": "instance-store"}, "stop", "instance_store"),
        ({"root_device_type": "instance-store"}, "start", "instance_store"),
        ({"lifecycle": "capacity-block"}, "stop", "lifecycle"),
        ({"lifecycle": "scheduled"}, "start", "lifecycle"),
    ],
)
def test_a_restriction_forbids_the_action(flags: dict[str, object], action: str, code: str) -> None:
    found = against(action, flags=flags)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("flags", "action"),
    [
        ({}, "stop"),
        ({"root_device_type": "ebs", "hibernation": True}, "stop"),
        ({"lifecycle": "spot"}, "stop"),
        ({"asg": "web"}, "reboot"),
        ({"root_device_type": "instance-store"}, "reboot"),
    ],
)
def test_what_ec2_allows_is_allowed(flags: dict[str, object], action: str) -> None:
    assert against(action, flags=flags) is None


def test_the_owner_is_named_before_the_disk() -> None:
    flags = {"asg": "web", "root_device_type": "instance-store", "operator_managed": True}
    assert [each.code for each in restrictions(flags)] == [
        "provider_managed",
        "auto_scaling",
        "instance_store",
    ]


def test_the_lifecycle_is_named() -> None:
    found = against("stop", flags={"lifecycle": "capacity-block"})
    assert found is not None
    assert found.lifecycle == "capacity-block"
