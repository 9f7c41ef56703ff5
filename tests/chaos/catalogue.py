"""What can be run: scenarios, and the broken builds that must turn one of them red. A table, nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """`where` is module:function below scenarios. Caps are in seconds, for the short and the full form.

    `short`: part of the short form. `build` and `reddens` make it a control: what must be broken.
    """

    name: str
    where: str
    sentence: str
    short_cap: float = 150.0
    full_cap: float = 1500.0
    short: bool = True
    build: str = ""
    reddens: tuple[str, ...] = ()

    @property
    def control(self) -> bool:
        return bool(self.build) and bool(self.reddens)


SCENARIOS = (
    Scenario("kills", "kills:random_kills", "workers are killed at random moments"),
    Scenario("points", "kills:points", "workers are killed at every named point of the work"),
    Scenario("take-over", "kills:take_over", "senders die with their request, once in each account"),
    Scenario(
        "control: blind_resend",
        "kills:take_over",
        "an unanswered call is sent again without looking",
        build="blind_resend",
        reddens=("repeated",),
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
