"""The database's address, as both programs read it."""

from typing import Any

import pytest

from shared.env import BadEnvironment
from shared.settings import database

URL = "postgres://cloudevy:p%40ss@db.example.com:6432/power"


def test_an_address_is_taken_apart() -> None:
    found = database(URL)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example.com", 6432, "power")
    assert (found["USER"], found["PASSWORD"]) == ("cloudevy", "p@ss")


def test_how_the_connection_is_secured_reaches_the_driver() -> None:
    found: Any = database(f"{URL}?sslmode=verify-full&sslrootcert=/run/secrets/ca.pem")
    assert found["OPTIONS"]["sslmode"] == "verify-full"
    assert found["OPTIONS"]["sslrootcert"] == "/run/secrets/ca.pem"


@pytest.mark.parametrize(
    "query", ["ssl_mode=verify-full", "options=-c%20x", "sslmode=require&pool=5", "host="]
)
def test_what_would_be_dropped_in_silence_is_refused(query: str) -> None:
    with pytest.raises(BadEnvironment, match=r"CLOUDEVY_DATABASE_URL: .* is not known"):
        database(f"{URL}?{query}")


@pytest.mark.parametrize("url", ["", "mysql://db/x", "postgres:///x", "db.example.com"])
def test_what_is_no_address_stops_the_start(url: str) -> None:
    with pytest.raises(BadEnvironment, match="is not of the form"):
        database(url)
