"""The Celery application of the worker and of beat, and what starts with a worker.

Messages are knocks: nothing is acknowledged late, nothing is retried, no result is kept. Postgres has it all.
"""

import os
import threading

import django
from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
django.setup()

from django.conf import settings  # noqa: E402  settings are readable only after setup

from shared import broker  # noqa: E402
from shared.logs import event  # noqa: E402

app = Celery("scheduler", broker=settings.BROKER_URL)
app.conf.update(
    timezone="UTC",
    task_ignore_result=True,
    result_expires=None,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_default_queue=broker.WORK,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 120,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "health_check_interval": 15,
    },
    # Only tasks acknowledged late would be cancelled, and there are none; said aloud, Celery does not warn.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    beat_max_loop_interval=1,
    beat_sync_every=30,
)
app.set_default()

from scheduler import fallback, tasks, ticks, watchdog  # noqa: E402, F401  they register themselves on `app`

app.conf.beat_schedule = {
    tick.sentence: {
        "task": tick.name,
        "schedule": tick.seconds,
        "options": {"queue": broker.CLOCK, "expire_seconds": ticks.EXPIRE_SECONDS},
    }
    for tick in ticks.TICKS.values()
}
stopping = threading.Event()


@worker_ready.connect
def begin(**_: object) -> None:
    """The threads that live as long as the worker."""
    for target in (fallback.watch, watchdog.watch):
        threading.Thread(
            target=target, kwargs={"stop": stopping}, daemon=True, name=target.__module__
        ).start()
    event("worker.ready", text="🟢 Scheduler ready.")


@worker_shutting_down.connect
def finish(**_: object) -> None:
    stopping.set()
    event("worker.stopping", text="🔴 Scheduler stopping: nothing new is taken, what runs is finished.")
