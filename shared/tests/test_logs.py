"""Log lines: the same fact for people and machines, one write, never a secret."""

import io
import json
import logging
import logging.config

import pytest

from shared.logs import LIMIT, HumanFormatter, JsonFormatter, Spared, config, event, redact


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("cloudevy", logging.INFO, "", 0, message, None, None)
    vars(made).update(extra)
    return made


def test_people_read_the_sentence_and_nothing_around_it() -> None:
    assert HumanFormatter().format(record("🎯 Executing: stop")) == "🎯 Executing: stop"


def test_machines_read_the_event_and_its_fields() -> None:
    row = json.loads(
        JsonFormatter().format(record("x", event="operation.accepted", fields={"operation": 7, "no": None}))
    )
    assert (row["event"], row["operation"], row["level"]) == ("operation.accepted", 7, "info")
    assert "no" not in row


@pytest.mark.parametrize(("style", "told"), [("human", False), ("json", True)])
def test_a_quiet_fact_is_for_machines_only(style: str, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    logger = logging.getLogger("cloudevy")
    before = logger.handlers[:], logger.propagate, logger.level
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False} | config(style))
    event("quiet.fact", quiet=True)
    event("loud.fact", text="heard")
    logger.handlers[:], logger.propagate, logger.level = before
    assert ("quiet.fact" in out.getvalue()) is told
    assert "heard" in out.getvalue()


def test_the_filter_spares_people_what_is_quiet() -> None:
    assert Spared().filter(record("x"))
    assert not Spared().filter(record("x", quiet=True))


@pytest.mark.parametrize("formatter", [HumanFormatter(), JsonFormatter()])
def test_a_line_stays_within_one_write(formatter: logging.Formatter) -> None:
    line = formatter.format(record("é" * 9000, fields={"much": "ü" * 9000}))
    assert len(line.encode()) <= LIMIT


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "cvy_0123456789abcdefghijklmn",
        "v1.k1.OwyQPE86OyOFXI1ieaAL5aKCgESksMSDzNcf5VTi8kCvIzR4TUXEi7iWKlQ",
    ],
)
def test_what_looks_like_a_credential_is_not_written(secret: str) -> None:
    assert secret not in redact(f"signing with {secret} now")
    assert secret not in HumanFormatter().format(record(f"oops {secret}"))
