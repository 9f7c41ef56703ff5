"""Django's settings of the HTTP program: the shared ones, and what only HTTP needs."""

from pathlib import Path

from api import VERSION, origin, proxies
from shared import env, vault
from shared.settings import *  # noqa: F403  settings are names, and all of them are meant
from shared.settings import DATABASES, INSTALLED_APPS, LOGGING

SECRET_KEY = env.secret("CLOUDEVY_SECRET_KEY")
VAULT_PUBLIC_KEY = vault.parse_public(env.secret("CLOUDEVY_VAULT_PUBLIC_KEY", default=""))
DEMO = env.flag("CLOUDEVY_DEMO")
DEBUG = False

ORIGIN = origin.parse(env.text("CLOUDEVY_PUBLIC_URL"), allow_plain=env.flag("CLOUDEVY_ALLOW_PLAIN_HTTP"))
globals().update(ORIGIN.settings())
TRUSTED_PROXIES = proxies.parse(env.text("CLOUDEVY_TRUSTED_PROXIES", ""))
# A refused request is the asker's business; only what fails on our side belongs into the log.
LOGGING["filters"]["failures"] = {"()": "api.failures.Failures"}  # type: ignore[index]
LOGGING["loggers"]["django.request"] = {"level": "ERROR", "filters": ["failures"]}  # type: ignore[index]
LOGGING["loggers"]["django.security"] = {"level": "CRITICAL"}  # type: ignore[index]

SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "api.errors.csrf_failed"

# One connection for each of the server's threads, checked before use: a lost database is noticed at once,
# where a pool would let every request wait for it.
DATABASES["default"]["CONN_MAX_AGE"] = 60

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "api",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "api.visitors.Visitors",
    "api.middleware.Envelope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "api.urls"
WSGI_APPLICATION = "api.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
BODY_LIMIT = 64 * 1024
# Whole files come to these.
FILE_LIMIT = 1024 * 1024
FILE_PATHS = frozenset({"/api/v1/schedules/calendar", "/api/v1/schedules/import"})
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT

STATIC_URL = "/api/static/"
STATIC_DIR = Path(env.text("CLOUDEVY_STATIC_DIR", "")) if env.text("CLOUDEVY_STATIC_DIR", "") else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ROOT = STATIC_DIR
WHITENOISE_MAX_AGE = 0
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[A-Za-z0-9_-]{8,}\.\w+(\.map)?$"

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "api.session.adapter.ClosedDoor"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# Sign-ins are counted in Postgres, see api.session.adapter; what else allauth would limit is not open.
ACCOUNT_RATE_LIMITS = False
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.Bearer", "api.authentication.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.Allowed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.StrictJson"],
    "DEFAULT_PAGINATION_CLASS": "api.listing.Pages",
    "DEFAULT_SCHEMA_CLASS": "api.schema.TidySchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cloudevy",
    "DESCRIPTION": "Starts, stops and reboots EC2 servers on schedules, and shows what each really does.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "Action": "shared.schedules.models.Action",
        "Role": "shared.people.models.Role",
        "AccountKind": "shared.fleet.models.Account.Kind",
        "NewAccountKind": "api.words.NEW_ACCOUNT_KINDS",
        "ObservedState": "shared.fleet.models.Server.Observed",
        "ScheduleMode": "shared.schedules.models.Schedule.Mode",
        "AccountStatus": "api.words.ACCOUNT_STATUSES",
        "ServerStatus": "api.words.SERVER_STATUSES",
        "OperationState": "api.words.OPERATION_STATES",
        "OperationOrigin": "api.words.OPERATION_ORIGINS",
        "MetricsState": "api.words.METRICS_STATES",
        "Look": "api.words.LOOKS",
        "LinkKind": "api.words.LINK_KINDS",
        "Want": "shared.schedules.models.Hold.Want",
        "Decider": "api.words.DECIDERS",
        "TransitionKind": "api.words.TRANSITIONS",
        "PlannedState": "api.words.PLANNED_STATES",
        "Weekday": "api.words.WEEKDAYS",
    },
}
