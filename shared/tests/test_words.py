"""Rules in plain words."""

import pytest

from shared.schedules.words import place, sentence, whole


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"action": "stop", "cron": "30 18 * * 1-5"}, "Stop at 18:30 on Monday through Friday"),
        ({"action": "start", "cron": "*/15 * * * *"}, "Start every 15th minute of every hour"),
        ({"action": "reboot", "at": "2026-12-24T07:00"}, "Reboot once on 24 Dec 2026 at 07:00"),
        ({"action": "reboot", "at": "2026-12-24T07:00:30"}, "Reboot once on 24 Dec 2026 at 07:00:30"),
        ({"action": "stop", "cron": "nonsense"}, "Stop by cron nonsense"),
    ],
)
def test_one_rule(rule: dict[str, str], words: str) -> None:
    assert sentence(**rule) == words


def test_a_schedule_is_one_sentence_with_its_place() -> None:
    rules = ["Start at 08:00 every day", "Stop at 20:00 every day"]
    assert (
        whole(rules, timezone="Asia/Kolkata")
        == "Start at 08:00 every day; stop at 20:00 every day, Kolkata time."
    )
    assert whole([], timezone="UTC") == "No rules yet."
    assert place("America/Argentina/Buenos_Aires") == "Buenos Aires"
