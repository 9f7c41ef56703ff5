"""`python -m api serve`: the API's server, granian, with its arguments in one place.

Granian's main process holds no Django: it opens the port, starts the workers, brings back a dead one, and on
SIGTERM lets them finish what they have begun. It knows nothing of what is served.
"""

import argparse
import signal
from typing import Any, NoReturn

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from shared import VERSION, env
from shared.logs import catch_uncaught, event, warning

APPLICATION = "api.wsgi:application"
# A request waits for Postgres most of its time. Each thread of each worker may hold a connection.
THREADS = 8
# Taken in at once by one worker; what is more waits in the socket's queue and costs nothing.
TAKEN_IN = 64
# No request lives longer: Postgres ends statements after 10 s. Visitors that keep a connection busy may.
PATIENCE_SECONDS = 15


def main(arguments: list[str], *, application: str = APPLICATION) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is answered before the end."""
    signal.signal(signal.SIGTERM, leave)
    wanted = parse(arguments)
    how = options(wanted)
    if wanted.check:
        return
    catch_uncaught()
    server = Granian(application, **how)
    server.on_startup(lambda: tell_start(wanted))
    server.on_shutdown(lambda: event("api.stopped", text="🔴 Cloudevy API stopped."))
    server.serve()


def leave(*_: object) -> NoReturn:
    """Before granian listens to it, and as a container's first process nobody else would."""
    raise SystemExit(0)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m api serve", description="Serve the API over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--workers", type=int, default=env.number("CLOUDEVY_API_WORKERS", default=2, least=1))
    parser.add_argument("--check", action="store_true", help="only read the settings")
    return parser.parse_args(arguments)


def options(wanted: argparse.Namespace) -> dict[str, Any]:
    return {
        "address": wanted.host,
        "port": wanted.port,
        "interface": Interfaces.WSGI,
        "http": HTTPModes.http1,
        "websockets": False,
        "workers": wanted.workers,
        "blocking_threads": THREADS,
        "backpressure": TAKEN_IN,
        "respawn_failed_workers": True,
        "respawn_interval": 0.5,
        "workers_kill_timeout": PATIENCE_SECONDS,
        "log_access": False,
        "log_level": LogLevels.error,
        "log_dictconfig": settings.LOGGING,
    }


def tell_start(wanted: argparse.Namespace) -> None:
    if settings.ORIGIN.secure and not settings.TRUSTED_PROXIES:
        warning(
            "api.no_proxy",
            text="The public address is https, but CLOUDEVY_TRUSTED_PROXIES names no proxy that could "
            "bring it: every visitor will be redirected for ever. Name the proxy in front.",
        )
    key = settings.VAULT_PUBLIC_KEY.id
    event(
        "api.started",
        text=f"🟢 Cloudevy API {VERSION} on {wanted.host}:{wanted.port} for {settings.ORIGIN.url}: "
        f"{wanted.workers} workers of {THREADS} threads; credentials are sealed with {key}.",
        version=VERSION,
        host=wanted.host,
        port=wanted.port,
        public_url=settings.ORIGIN.url,
        workers=wanted.workers,
        threads=THREADS,
        key=key,
    )
