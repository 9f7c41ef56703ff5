"""The two programs, worker and beat: Celery's, in this very process, so that signals reach it directly.

What Celery is told stands here and nowhere else. On SIGTERM nothing new is begun and what runs is finished,
within a bound that holds whatever hangs.
"""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable

from celery import signals
from celery.apps.worker import Worker
from celery.beat import Service
from celery.exceptions import SecurityWarning
from celery.worker import WorkController, state
from django.conf import settings
from django.db import Error

from scheduler import fallback, hands, health, patience, pulse, watchdog, zones
from scheduler.app import app
from scheduler.ears import Ears
from scheduler.install import install
from scheduler.pacer import Pacer
from shared import VERSION, broker
from shared.logs import catch_uncaught, event, warning

# A request to AWS and a statement in Postgres end within 10 s each; an orchestrator kills after 50 s.
LONGEST_STOP = 30.0
# Celery's threads only hand over what they hear.
DOORS = 4
stopping = pulse.stopping
enders: list[Callable[[], object]] = [stopping.set]


class Hands(Worker):
    """Celery's worker, but signals are ours: its own handlers print around the log."""

    def install_platform_tweaks(self, worker: WorkController) -> None:
        on_end(stop_taking)


def run_worker(*, threads: int) -> int:
    """Fire, send, look and settle until told to stop; the exit code."""
    begin("worker")
    while patience.wait(stop=stopping) and not zones_heeded():
        continue
    if stopping.is_set():
        return ended("worker")
    pulse.enter(pulse.WORKING)
    hands.employ(threads)
    clocks = [keep_running(fallback.watch), keep_running(watchdog.watch)]
    keys = list(settings.VAULT_RING)
    event(
        "worker.ready",
        text=f"🟢 Scheduler {VERSION} ready: {threads} threads; credentials open with {', '.join(keys)}.",
        version=VERSION,
        threads=threads,
        keys=keys,
    )
    worker = Hands(
        app=app,
        pool_cls="celery.concurrency.thread:TaskPool",
        concurrency=DOORS,
        queues=[broker.CLOCK, broker.WORK],
        consumer_cls=Ears,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    stopping.set()
    for clock in clocks:
        clock.join()
    hands.lanes.close()
    return ended("worker", code=worker.exitcode or os.EX_OK)


def run_beat() -> int:
    """Knock for the ticks until told to stop; the exit code."""
    begin("beat")
    while patience.wait(stop=stopping) and not installed():
        continue
    if stopping.is_set():
        return ended("beat")
    pulse.enter(pulse.WORKING)
    service = Service(app, scheduler_cls=Pacer)
    on_end(service.stop)
    event("beat.ready", text=f"🟢 Beat {VERSION} ready.", version=VERSION)
    service.start()
    return ended("beat")


def begin(program: str) -> None:
    """Before anything else be stoppable: a container's first process gets only the signals it asks for."""
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signals.setup_logging.connect(leave_logging_alone)
    catch_uncaught()
    # Celery warns root at each start, and any user without a name in the image.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    health.serve(program)


def on_end(ender: Callable[[], object]) -> None:
    """Call this when told to stop, which may have happened a moment ago."""
    enders.append(ender)
    if stopping.is_set():
        ender()


def leave_logging_alone(**_: object) -> None:
    """To receive the signal is enough: then Celery sets nothing up."""


def end(*_: object) -> None:
    """Handler of SIGTERM. It only sets flags: writing to log or database here would interrupt just that."""
    if not stopping.is_set():
        pulse.enter(pulse.STOPPING)
        for each in enders:
            each()
        threading.Thread(target=see_it_through, daemon=True).start()


def stop_taking() -> None:
    state.should_stop = os.EX_OK  # type: ignore[assignment]


def see_it_through() -> None:
    """Say so, and end the process even when something hangs."""
    event("program.stopping", text="🔴 Stopping: nothing new is taken, what runs is finished.")
    time.sleep(LONGEST_STOP)
    warning("program.cut_off", text=f"🔴 Not done within {LONGEST_STOP:.0f} s: something hangs. Ending now.")
    os._exit(os.EX_SOFTWARE)


def ended(program: str, *, code: int = os.EX_OK) -> int:
    event("program.stopped", text="🔴 Stopped.", program=program)
    return code


def keep_running(watch: Callable[..., None]) -> threading.Thread:
    thread = threading.Thread(target=watch, kwargs={"stop": stopping}, daemon=True, name=watch.__module__)
    thread.start()
    return thread


def zones_heeded() -> bool:
    """Plan anew after an update of the time zones' rules; False when the database went away meanwhile, or
    somebody held a schedule for too long."""
    try:
        zones.heed()
    except Error as error:
        warning("zones.not_replanned", text=f"The schedules could not be planned anew: {error}")
        stopping.wait(1.0)
        return False
    return True


def installed() -> bool:
    """Write the ticks; False when the database went away meanwhile."""
    try:
        install()
    except Error as error:
        warning("ticks.not_installed", text=f"The ticks could not be written: {error}")
        return False
    return True
