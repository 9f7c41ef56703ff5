"""What both programs need of Django: the database and the apps that own tables.

Programs add apps without tables of ours on top; so one `migrate`, run from the api, covers both.
"""

from urllib.parse import unquote, urlsplit

from shared import env, logs
from shared.env import BadEnvironment


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
        },
    }


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
