"""Each program gets the settings it needs and no others'; what the shell holds for others stays out."""

import pytest

from deploy.embedded.keys import Keys
from deploy.embedded.programs import Site, api, beat, inherited, migrate, simulator, worker

KEYS = Keys("database", "broker", "signing", "k1:public", "k1:private")
DEMO = Site("postgres://here", "redis://here", port=8001, simulator=8500, keys=KEYS)
REAL = Site("postgres://here", "redis://here", port=8001, simulator=None, keys=KEYS)


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer's shell may hold."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("CLOUDEVY_DATABASE_URL", "postgres://elsewhere")
    monkeypatch.setenv("CLOUDEVY_AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    monkeypatch.setenv("SSL_CERT_FILE", "/certificates")


def test_only_the_scheduler_holds_the_private_keys() -> None:
    for program in (api(DEMO), migrate(DEMO), simulator(DEMO)):
        assert "k1:private" not in program.environment.values()
    for program in (worker(DEMO), beat(DEMO)):
        assert program.environment["CLOUDEVY_VAULT_PRIVATE_KEYS"] == "k1:private"
        assert "signing" not in program.environment.values()


def test_the_simulator_knows_no_secret_of_ours() -> None:
    assert not set(vars(KEYS).values()) & set(simulator(DEMO).environment.values())


def test_the_demo_has_no_use_for_this_machines_aws_identity() -> None:
    environment = worker(DEMO).environment
    assert "AWS_PROFILE" not in environment
    assert environment["CLOUDEVY_AWS_ENDPOINT_URL"] == "http://127.0.0.1:8500"
    assert environment["CLOUDEVY_AWS_ACCESS_KEY_ID"].startswith("AKIA")


def test_without_the_demo_the_persons_own_endpoint_and_identity_are_used() -> None:
    environment = worker(REAL).environment
    assert environment["AWS_PROFILE"] == "production"
    assert environment["CLOUDEVY_AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert environment["CLOUDEVY_DATABASE_URL"] == "postgres://here"
    assert "CLOUDEVY_DEMO" not in api(REAL).environment


def test_certificates_of_this_machine_are_passed_on() -> None:
    assert inherited(demo=True)["SSL_CERT_FILE"] == inherited(demo=False)["SSL_CERT_FILE"] == "/certificates"
