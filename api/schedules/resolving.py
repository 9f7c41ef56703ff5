"""EC2's instance ids of a document as the servers of a workspace."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from api.schedules.entries import Entry, Refusals
from shared.fleet.models import Server
from shared.people.models import Workspace
from shared.schedules.models import Schedule


class Servers:
    """The servers behind some instance ids. An account that is connected twice has two of each."""

    def __init__(self, workspace: Workspace, entries: Iterable[Entry]) -> None:
        named = {instance for entry in entries for instance in entry.written.servers}
        found = Server.objects.filter(workspace=workspace, instance_id__in=named)
        self.known: dict[str, list[Server]] = defaultdict(list)
        for server in found.select_related("region__account").order_by("id"):
            self.known[server.instance_id].append(server)

    def ids(self, entry: Entry, schedule: Schedule | None, refusals: Refusals) -> Sequence[int]:
        """The servers an entry means; what cannot be known is refused there."""
        has = {target.server_id for target in schedule.targets.all()} if schedule else set()
        ids: list[int] = []
        for place, instance in enumerate(entry.said.get("servers", ())):
            meant = self.meant(instance, has)
            ids += [server.id for server in meant]
            if not meant or (len(meant) > 1 and meant[0].id not in has):
                pointer = f"schedules/{entry.place}/servers/{place}"
                refusals.add(pointer, **unclear(instance, meant))
        return ids

    def meant(self, instance: str, has: set[int]) -> Sequence[Server]:
        """Those the schedule has already, else those that EC2 still has, else any."""
        known = self.known[instance]
        mine = [server for server in known if server.id in has]
        present = [server for server in known if server.left_at is None]
        return mine or present or known


def unclear(instance: str, meant: Sequence[Server]) -> dict[str, str]:
    if not meant:
        return {"code": "unknown_server", "detail": f"There is no server {instance}."}
    accounts = " and ".join(sorted({f"'{server.region.account.name}'" for server in meant}))
    detail = f"{instance} is known in the accounts {accounts}. Pick it on the page, or use a tag query."
    return {"code": "ambiguous_server", "detail": detail}
