"""What a row of the catalogue says. Data, nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """`where` is module:function below scenarios. Caps are in seconds, for the short and the full form.

    `short`: part of the short form, which has four minutes: a little of each way of breaking things.
    `build` and `reddens` make it a control: what must be broken. In whatever form a control runs, the same
    scenario runs unbroken; its own numbers are always the small ones.
    `lasts`: about so many seconds it takes in both forms; only the order of the jobs hangs on it.
    `alone`: its figures are about speed, so nothing of ours runs beside it.
    """

    name: str
    where: str
    sentence: str
    short_cap: float = 200.0
    full_cap: float = 1500.0
    short: bool = True
    build: str = ""
    reddens: tuple[str, ...] = ()
    lasts: tuple[float, float] = (50.0, 300.0)
    alone: bool = False

    @property
    def control(self) -> bool:
        return bool(self.build) and bool(self.reddens)
