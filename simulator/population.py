"""Which servers there are, by account and AWS region.

Must not know what is done to them, nor who may see them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from simulator.calls import Call
from simulator.instances import Instance


class Population:
    """Servers in the order in which they came; `index` is their place in it."""

    def __init__(self, instances: Iterable[Instance]) -> None:
        self._groups: dict[tuple[str, str], dict[str, Instance]] = {}
        self._added = 0
        for instance in instances:
            self.add(instance)

    def __iter__(self) -> Iterator[Instance]:
        return (instance for group in self._groups.values() for instance in group.values())

    def add(self, instance: Instance) -> None:
        self._added += 1
        instance.index = self._added
        self._groups.setdefault((instance.account, instance.region), {})[instance.instance_id] = instance

    def remove(self, instance: Instance) -> None:
        del self._groups[(instance.account, instance.region)][instance.instance_id]

    def named(self, instance_id: str) -> Instance | None:
        """A server wherever it is."""
        return next((group[instance_id] for group in self._groups.values() if instance_id in group), None)

    def of(self, call: Call) -> Mapping[str, Instance]:
        """The servers of the caller's account in the region it asks."""
        return self._groups.get((call.account, call.region), {})

    def beside(self, instance: Instance) -> Collection[Instance]:
        """All of its account and region, itself too."""
        return self._groups.get((instance.account, instance.region), {}).values()

    def foreign(self, instance_id: str, call: Call) -> bool:
        """Whether another account has it in this region."""
        return any(
            region == call.region and account != call.account and instance_id in group
            for (account, region), group in self._groups.items()
        )

    def placed(self, call: Call) -> Call:
        """The call with the types and zones of the servers it names."""
        group = self.of(call)
        named = [group[it] for it in call.ids if it in group]
        kinds, zones = frozenset(it.kind for it in named), frozenset(it.zone for it in named)
        return replace(call, kinds=kinds, zones=zones)

    def states(self, call: Call) -> dict[str, str | None]:
        """The state of each server a call names, None for one that is not there."""
        group = self.of(call)
        return {it: group[it].view(call.at).state if it in group else None for it in call.ids}
