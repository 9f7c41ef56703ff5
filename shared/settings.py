"""What both programs need of Django: the database and the apps that own tables.

Programs add apps without tables of ours on top; so one `migrate`, run from the api, covers both.
"""

from urllib.parse import parse_qsl, unquote, urlsplit

from shared import env, logs
from shared.env import BadEnvironment

# What may follow the `?` of a database's address: how the connection is secured, in libpq's words
# (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
SECURING = ("channel_binding", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert")


def database(url: str) -> dict[str, object]:
    """Django's settings for a postgres:// address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname:
        raise BadEnvironment(
            "CLOUDEVY_DATABASE_URL is not of the form postgres://user:password@host:port/name."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=10s -c lock_timeout=3s"
            " -c idle_in_transaction_session_timeout=15s",
            **securing(parts.query),
        },
    }


def securing(query: str) -> dict[str, str]:
    """The address's parameters. One that would be dropped in silence is refused: it may be the encryption."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(given) - set(SECURING):
        raise BadEnvironment(
            f"CLOUDEVY_DATABASE_URL: {min(unknown)} is not known. What may follow ? is {', '.join(SECURING)}."
        )
    return given


DATABASES = {"default": database(env.secret("CLOUDEVY_DATABASE_URL"))}
BROKER_URL = env.secret("CLOUDEVY_BROKER_URL")
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django_celery_beat",
    "shared.people",
    "shared.fleet",
    "shared.schedules",
    "shared.operations",
]
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "the scheduler signs nothing; api.settings reads the real key"
USE_TZ = True
TIME_ZONE = "UTC"
METRICS = env.flag("CLOUDEVY_METRICS", default=True)
LOG_FORMAT = env.text("LOG_FORMAT", "human")
if LOG_FORMAT not in ("human", "json"):
    raise BadEnvironment(f"LOG_FORMAT={LOG_FORMAT!r} is unknown. Write human or json.")
LOGGING = logs.config(LOG_FORMAT)
