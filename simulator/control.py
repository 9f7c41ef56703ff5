"""The control endpoints under /_sim/: what really is, and the means to change it. JSON in and out.

Must not know AWS's protocols.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulator import fleet
from simulator.byitself import EVENTS
from simulator.instances import Instance, check_status
from simulator.ledger import KEPT
from simulator.messages import Request
from simulator.reasons import stated
from simulator.simulation import Simulation

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OUTSIDE = ("start", "stop", "terminate", "reboot", "shutdown", "interrupt", "plan", "vanish")
Given = Mapping[str, Any]
Handler = Callable[[Simulation, Given], dict[str, Any]]


class BadControlError(ValueError):
    """A control request that asks for what is not there."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what} {problem}")


def answer(simulation: Simulation, request: Request) -> tuple[int, dict[str, Any]]:
    """HTTP status and JSON. What is wrong with a request is said in `error`."""
    if problem := _foreign(request.headers):
        return 403, {"error": problem}
    url = urlsplit(request.target)
    methods = ROUTES.get(url.path)
    if methods is None:
        return 404, {"error": f"There is no {url.path}. Known: {', '.join(sorted(ROUTES))}."}
    if request.method not in methods:
        return 405, {"error": f"{url.path} takes {', '.join(sorted(methods))}, not {request.method}."}
    try:
        given = dict(parse_qsl(url.query)) | _object(request.body)
        return 200, _stamped(simulation, methods[request.method](simulation, given))
    except (ValueError, TypeError, KeyError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}


def _foreign(headers: Mapping[str, str]) -> str | None:
    """A web page in a browser on this machine must not steer the simulator."""
    host = headers.get("host", "").rsplit(":", 1)[0]
    if host not in _LOOPBACK or "origin" in headers:
        return "Control calls come from this machine, addressed to loopback, and not from a web page."
    return None


def _object(body: bytes) -> dict[str, Any]:
    value = json.loads(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise BadControlError("body", "must be a JSON object")
    return value


def _stamped(simulation: Simulation, value: dict[str, Any]) -> dict[str, Any]:
    now = simulation.world.clock()
    return {"now": now, "monotonic": simulation.world.ledger.monotonic_of(now), **value}


def _health(simulation: Simulation, _: Given) -> dict[str, Any]:
    servers = len(simulation.world.everything())
    return {"status": "ok", "profile": simulation.profile, "seed": simulation.seed, "servers": servers}


def _reset(simulation: Simulation, given: Given) -> dict[str, Any]:
    if unknown := set(given) - {"fleet", "profile", "seed"}:
        raise BadControlError(min(unknown), "is no field of a reset")
    simulation.reset(data=given.get("fleet"), profile=given.get("profile"), seed=given.get("seed"))
    return _health(simulation, given)


def _ledger(simulation: Simulation, given: Given) -> dict[str, Any]:
    since, limit = _page(given)
    entries = simulation.world.ledger.read(
        since=since, instance=given.get("instance"), call=given.get("call"), limit=limit + 1
    )
    return {"entries": entries[:limit]} | _rest(entries, since, limit)


def _times(simulation: Simulation, given: Given) -> dict[str, Any]:
    # Some begin without a call, when their time has come.
    simulation.world.everything()
    since, limit = _page(given)
    times = simulation.world.ledger.times(since=since, instance=given.get("instance"), limit=limit + 1)
    return {"transitions": times[:limit]} | _rest(times, since, limit)


def _page(given: Given) -> tuple[int, int]:
    limit = int(given.get("limit", KEPT))
    if limit < 1:
        raise BadControlError("limit", "is 1 at least")
    return int(given.get("since", 0)), limit


def _rest(found: list[dict[str, Any]], since: int, limit: int) -> dict[str, Any]:
    """`last` is what to ask on with as `since`."""
    given = found[:limit]
    return {"last": given[-1]["number"] if given else since, "more": len(found) > limit}


def _states(simulation: Simulation, given: Given) -> dict[str, Any]:
    now = simulation.world.clock()
    wanted = [
        it
        for it in simulation.world.everything()
        if given.get("account") in (None, it.account)
        and given.get("region") in (None, it.region)
        and given.get("instance") in (None, it.instance_id)
    ]
    return {"states": [_state(it, now) for it in wanted]}


def _state(it: Instance, now: float) -> dict[str, Any]:
    since, view = it.entry(now)
    ahead = next((at for at, later in it.timeline if at > now and later.state != view.state), None)
    return {
        "instance_id": it.instance_id,
        "account": it.account,
        "region": it.region,
        "name": it.name,
        "state": view.state,
        "checks": check_status(view),
        "since": since,
        "ends_at": ahead,
        "reason": dataclasses.asdict(view.reason) if view.reason else None,
        "launched_at": view.launched_at,
        "public_ip": view.public_ip,
    }


def _stats(simulation: Simulation, _: Given) -> dict[str, Any]:
    return simulation.world.stats()


def _list_faults(simulation: Simulation, _: Given) -> dict[str, Any]:
    return {"faults": simulation.world.faults.listed()}


def _add_faults(simulation: Simulation, given: Given) -> dict[str, Any]:
    wanted = given.get("faults", [given])
    now = simulation.world.clock()
    return {"faults": [dataclasses.asdict(simulation.world.faults.add(one, now=now)) for one in wanted]}


def _clear_faults(simulation: Simulation, given: Given) -> dict[str, Any]:
    simulation.world.faults.clear(int(given["number"]) if "number" in given else None)
    return _list_faults(simulation, given)


def _show_settings(simulation: Simulation, _: Given) -> dict[str, Any]:
    return {"settings": dataclasses.asdict(simulation.world.settings)}


def _settings(simulation: Simulation, given: Given) -> dict[str, Any]:
    simulation.settle(given)
    return _show_settings(simulation, given)


def _instances(simulation: Simulation, given: Given) -> dict[str, Any]:
    """Adds a server, or changes the properties (never the state) of one that is there."""
    world, now = simulation.world, simulation.world.clock()
    spec = {name: value for name, value in given.items() if name != "account"}
    there = world.instance(spec["id"])
    if there is None:
        there = fleet.instance(given["account"], spec, now=now)
        world.add(there)
    else:
        fleet.change(there, spec)
    return {"instance": _state(there, now)}


def _outside(simulation: Simulation, given: Given) -> dict[str, Any]:
    instance, action = simulation.world.instance(given["instance"]), given["action"]
    if instance is None:
        raise BadControlError(given["instance"], "is no server here")
    if action not in _OUTSIDE:
        raise BadControlError(action, f"is no outside action; known: {', '.join(_OUTSIDE)}")
    if action == "vanish":
        simulation.world.remove(instance)
        return {"change": None}
    code = given.get("code")
    if action == "plan":
        return {"event": _planned(simulation, instance, given)}
    if action == "interrupt" and instance.lifecycle != "spot":
        raise BadControlError(instance.instance_id, "is no Spot server, so nobody interrupts it")
    reason = stated(code, given.get("message")) if code else None
    return {"change": dataclasses.asdict(simulation.world.outside(instance, action, reason=reason))}


def _planned(simulation: Simulation, instance: Instance, given: Given) -> dict[str, str]:
    code = given.get("code", "instance-stop")
    if code not in EVENTS:
        raise BadControlError(code, f"is no event; known: {', '.join(EVENTS)}")
    return simulation.world.plan(instance, code, after=float(given.get("after", 0)))


def _clock(simulation: Simulation, _: Given) -> dict[str, Any]:
    return {"speed": simulation.clock.speed}


def _turn_clock(simulation: Simulation, given: Given) -> dict[str, Any]:
    if unknown := set(given) - {"speed", "forward"}:
        raise BadControlError(min(unknown), "is nothing a clock has; known: forward, speed")
    simulation.clock.turn(speed=given.get("speed"), forward=float(given.get("forward", 0)))
    return _clock(simulation, given)


ROUTES: dict[str, dict[str, Handler]] = {
    "/_sim/clock": {"GET": _clock, "POST": _turn_clock},
    "/_sim/health": {"GET": _health},
    "/_sim/reset": {"POST": _reset},
    "/_sim/ledger": {"GET": _ledger},
    "/_sim/times": {"GET": _times},
    "/_sim/states": {"GET": _states},
    "/_sim/stats": {"GET": _stats},
    "/_sim/faults": {"GET": _list_faults, "POST": _add_faults, "DELETE": _clear_faults},
    "/_sim/settings": {"GET": _show_settings, "POST": _settings},
    "/_sim/instances": {"POST": _instances},
    "/_sim/outside": {"POST": _outside},
}
