"""The list of scenarios: controls mean something only beside the scenario that they break."""

from tests.chaos.catalogue import SCENARIOS


def test_a_control_of_the_short_form_has_its_unbroken_scenario_there() -> None:
    there = {each.where for each in SCENARIOS if each.short and not each.control}
    assert {each.where for each in SCENARIOS if each.short and each.control} <= there


def test_every_control_has_its_unbroken_scenario() -> None:
    there = {each.where for each in SCENARIOS if not each.build}
    assert {each.where for each in SCENARIOS if each.build} <= there
