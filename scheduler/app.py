"""The Celery application of the worker and of beat; `programs` starts them.

Messages are knocks: nothing is acknowledged late, nothing is retried, no result is kept. Postgres has it all.
"""

import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
django.setup()

from django.conf import settings  # noqa: E402  settings are readable only after setup

from shared import broker  # noqa: E402

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
    # Nobody steers workers through the broker; who may write there must not be able to stop them.
    worker_enable_remote_control=False,
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

from scheduler import tasks, ticks  # noqa: E402, F401  the tasks register themselves on `app`

app.conf.beat_schedule = {
    tick.sentence: {
        "task": tick.name,
        "schedule": tick.seconds,
        "options": {"queue": broker.CLOCK, "expire_seconds": ticks.EXPIRE_SECONDS},
    }
    for tick in ticks.TICKS.values()
}
