"""What a message can ask for. Every task is one line: the work itself lives in the module it names."""

from functools import partial

from scheduler import account_test, discover, hands, look, measure, send, ticks
from scheduler.app import app
from shared import broker

hands.WORK.update(
    {
        broker.DRAIN_REGION: send.drain,
        broker.LOOK_AT_REGION: look.look_at,
        broker.DISCOVER_REGION: discover.discover_region,
        broker.TEST_ACCOUNT: account_test.test_account,
        broker.MEASURE_REGION: measure.measure_region,
        **{name: partial(ticks.run, name) for name in ticks.TICKS},
    }
)


def task(name: str) -> None:
    @app.task(name=name)
    def run(**ids: int | str) -> None:
        hands.here(name, **ids)


for name in hands.WORK:
    task(name)
