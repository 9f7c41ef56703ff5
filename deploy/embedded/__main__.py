"""`./run`: start everything in order, keep it alive, stop it in reverse.

Exit codes: 0 stopped on request, or the story came true; 1 could not start, or the story did not come true;
2 a wrong option.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from deploy.embedded import house as houses
from deploy.embedded import keys, options, ports, programs, ready
from deploy.embedded.children import Children
from deploy.embedded.errors import CannotStart
from deploy.embedded.house import House
from deploy.embedded.options import Options
from deploy.embedded.postgres import Postgres
from deploy.embedded.programs import Site
from deploy.embedded.ready import Ready
from deploy.embedded.redis_server import RedisServer

FIRST_PORT = 8001
PROGRAMS = (programs.api, programs.worker, programs.beat)


def main() -> int:
    """Run until told to stop."""
    wanted = options.parse(sys.argv[1:], base=Path(os.environ.get("CLOUDEVY_RUN_FROM", ".")))
    listen()
    try:
        with houses.occupied(wanted.data, reset=wanted.reset) if wanted.data else houses.rented() as house:
            return live(house, wanted)
    except CannotStart as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"\nThis machine refused what Cloudevy needs: {error}. Change that and start again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return int(wanted.story)


def listen() -> None:
    """Stop on request. A shell starts its background jobs deaf to Ctrl-C, and nohup means what it says."""
    signs = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signs.append(signal.SIGHUP)
    for sign in signs:
        signal.signal(sign, signal.default_int_handler)


def live(house: House, wanted: Options) -> int:
    """Start, serve, stop; whatever happens in between, no child stays."""
    started = time.monotonic()
    children = Children(house, say=say)
    try:
        found = start(children, house, wanted)
        children.quiet = False
        if wanted.story:
            return tell_story(children, house, wanted)
        print(ready.closing_words(found, data=house.path, started=started), flush=True)
        while True:
            children.attend()
    finally:
        leave(children, house, wanted)


def start(children: Children, house: House, wanted: Options) -> Ready:
    """Everything up, in the order in which one thing needs another."""
    secrets = keys.keep(house.path)
    postgres = Postgres(
        house.path, port=ports.free(), password=secrets.database_password, durable=not wanted.story
    )
    redis = RedisServer(port=ports.free(), password=secrets.broker_password)
    site = Site(
        database_url=postgres.url,
        broker_url=redis.url,
        port=choose_port(wanted),
        simulator=ports.free() if wanted.demo else None,
        keys=secrets,
    )
    start_parts(children, postgres, redis, site)
    start_programs(children, house, site)
    found = credentials(house, site)
    found.write(house.told)
    if wanted.demo and not wanted.story and not house.seeded.exists():
        seed(children, house)
    if wanted.ready_file:
        found.write(wanted.ready_file)
    return found


def choose_port(wanted: Options) -> int:
    if wanted.port is None:
        return ports.free() if wanted.story else ports.first_free(FIRST_PORT)
    if not ports.is_free(wanted.port):
        raise CannotStart(
            f"Port {wanted.port} is taken by another program. Choose another, or leave --port away."
        )
    return wanted.port


def start_parts(children: Children, postgres: Postgres, redis: RedisServer, site: Site) -> None:
    say("Starting PostgreSQL")
    postgres.prepare()
    children.start(postgres.program(), ready=postgres.answers)
    say("Starting Redis")
    children.start(redis.program(), ready=redis.answers)
    if site.simulator_url:
        say("Starting a simulated EC2")
        children.start(programs.simulator(site), ready=ready.answers(f"{site.simulator_url}/_sim/health"))


def start_programs(children: Children, house: House, site: Site) -> None:
    """The tables first; then whatever does not need one another starts together."""
    say("Preparing the database")
    children.run(programs.migrate(site))
    say("Starting the API, the scheduler and its clock")
    api, worker, beat = (children.launch(each(site)) for each in PROGRAMS)
    children.run(programs.bootstrap(site, credentials=house.credentials))
    children.expect(api, ready=ready.answers(f"{site.url}/healthz"))
    children.expect(worker, ready=ready.healthy(site.url))
    children.expect(beat, ready=lambda: True)


def credentials(house: House, site: Site) -> Ready:
    try:
        known = ready.body(house.credentials.read_bytes())
        return Ready(site.url, known["username"], known["password"], known["api_token"], site.simulator_url)
    except (OSError, KeyError):
        raise CannotStart(
            f"{house.credentials} with the sign-in is gone or cannot be understood. "
            "Restore it, or start over with ./run --reset."
        ) from None


def seed(children: Children, house: House) -> None:
    """Sample accounts and schedules, once per data folder, through the public API like anybody's."""
    say("Adding sample accounts and schedules")
    children.run(programs.samples(house.told))
    house.seeded.touch()


def tell_story(children: Children, house: House, wanted: Options) -> int:
    breaking = ("--break", wanted.part_to_break) if wanted.part_to_break else ()
    try:
        children.run(programs.story(house.told, *breaking))
    except CannotStart:
        return 1  # it has said why itself
    return 0


def leave(children: Children, house: House, wanted: Options) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    for told in filter(None, (house.told, wanted.ready_file)):
        told.unlink(missing_ok=True)
    with suppress(BrokenPipeError):
        say("Stopping")
    children.stop()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
