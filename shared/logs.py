"""One fact, one line: events with fields, written for people or for machines.

`LOG_FORMAT=human` prints the sentence given as `text`; `json` prints the event name and its fields.
A write stays under 4,096 bytes so that lines of several processes never mix (POSIX PIPE_BUF on Linux).
It knows no product nouns and must never be handed a secret or a whole AWS answer.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

LIMIT = 4000
CUT = " […]"
SECRETS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,20}\b"
    r"|(?<=Authorization: )\S.*"
    r"|\bcvy_[A-Za-z0-9_-]{16,}"
    r"|\bv1\.[A-Za-z0-9]+\.[A-Za-z0-9_-]{40,}"
)

log = logging.getLogger("cloudevy")


def event(
    name: str, /, *, text: str = "", level: int = logging.INFO, quiet: bool = False, **fields: Any
) -> None:
    """Write down one fact: a dotted name in the past tense, its sentence and its fields.

    A `quiet` fact is for machines; people reading the human format are spared it.
    """
    log.log(level, text or name, extra={"event": name, "fields": fields, "quiet": quiet})


def warning(name: str, /, *, text: str = "", **fields: Any) -> None:
    """A fact an operator should look at."""
    event(name, text=text, level=logging.WARNING, **fields)


def redact(text: str) -> str:
    """`text` without anything that looks like a credential."""
    return SECRETS.sub("[redacted]", text)


class Spared(logging.Filter):
    """Keeps quiet facts from people."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(record, "quiet", False)


class HumanFormatter(logging.Formatter):
    """The sentence itself for our events; time, level and name before everybody else's lines."""

    def format(self, record: logging.LogRecord) -> str:
        text = redact(record.getMessage())
        if record.name != log.name:
            # Others break their sentences; one fact is one line.
            text = f"{stamp(record)} {record.levelname} {record.name}: {' '.join(text.split())}"
        if record.exc_info:
            text += "\n" + redact(self.formatException(record.exc_info))
        return clipped(text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the event's name and fields."""

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, object] = {
            "time": stamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", "log"),
            "message": clipped(redact(record.getMessage()), limit=1500),
        }
        fields: Mapping[str, object] = getattr(record, "fields", {})
        row.update({key: value for key, value in fields.items() if value is not None})
        if record.exc_info:
            row["error"] = redact(self.formatException(record.exc_info))[-1500:]
        line = json.dumps(row, default=str, ensure_ascii=False)
        return line if len(line.encode()) <= LIMIT else json.dumps(without_fields(row), ensure_ascii=False)


def without_fields(row: Mapping[str, object]) -> dict[str, object]:
    """What is kept of a line that would be too long: everything but the event's own fields."""
    kept = ("time", "level", "logger", "event")
    return {key: row[key] for key in kept} | {"message": str(row["message"])[:500], "clipped": True}


def stamp(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def clipped(text: str, *, limit: int = LIMIT) -> str:
    """`text` cut to `limit` bytes, with a mark where it was cut."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[: limit - len(CUT.encode())].decode(errors="ignore") + CUT


def catch_uncaught() -> None:
    """What no thread catches goes into the log too, instead of breaking its lines."""

    def written(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        log.critical("Nobody caught this: %s", error, exc_info=(kind, error or kind(), trace))

    sys.excepthook = written
    threading.excepthook = lambda args: written(args.exc_type, args.exc_value, args.exc_traceback)
    logging.captureWarnings(capture=True)


def config(style: str) -> dict[str, object]:
    """Django's LOGGING for `style` human or json: all to standard output, in UTF-8 whatever the locale."""
    formatter = {"human": HumanFormatter, "json": JsonFormatter}[style]
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(encoding="utf-8", line_buffering=True)
    quiet = {"handlers": ["out"], "level": "WARNING", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"out": {"()": formatter}},
        "filters": {"out": {"()": Spared if style == "human" else logging.Filter}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "out",
                "filters": ["out"],
            }
        },
        "root": {"handlers": ["out"], "level": "WARNING"},
        "loggers": {
            "cloudevy": {"handlers": ["out"], "level": "INFO", "propagate": False},
            "botocore": quiet,
            "django": quiet,
        },
    }
