"""The policies people paste: the README's and the API's are one, and ask for what the scheduler calls."""

import json
import re
from pathlib import Path

from api.accounts.policies import permissions, trust

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_shows_the_policy_the_api_hands_out() -> None:
    [block] = re.findall(r"```json\n(\{.*?\})\n```", README.read_text(), flags=re.DOTALL)
    assert json.loads(block) == permissions()


def test_only_looking_may_be_done_anywhere() -> None:
    look, power = permissions()["Statement"]
    assert (look["Resource"], power["Resource"]) == ("*", "arn:aws:ec2:*:*:instance/*")
    assert not [action for action in look["Action"] if not re.search("Describe|GetMetricData", action)]


def test_the_trust_policy_wants_the_external_id() -> None:
    [statement] = trust("abc")["Statement"]
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "abc"}}
