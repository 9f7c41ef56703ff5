"""What a message can ask for. Every task only hands over: its work has threads of its own, see `lanes`."""

from functools import partial

from django.db import close_old_connections

from scheduler import account_test, discover, hands, jumps, look, measure, send, ticks
from scheduler.app import app
from shared import broker

hands.WORK.update(
    {
        broker.DRAIN_REGION: send.drain,
        broker.LOOK_AT_REGION: look.look_at,
        broker.DISCOVER_REGION: discover.discover_region,
        broker.TEST_ACCOUNT: account_test.test_account,
        broker.MEASURE_REGION: measure.measure_region,
        broker.REPLAN: jumps.replan,
        **{name: partial(ticks.run, name) for name in ticks.TICKS},
    }
)


def task(name: str, **more: int) -> None:
    @app.task(name=name)
    def run(**ids: int | str) -> None:
        close_old_connections()
        hands.take(name, **ids, **more)


for name in hands.WORK:
    if name in ticks.TICKS:
        task(name, by_beat=1)
    else:
        task(name)
