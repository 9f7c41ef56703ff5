"""What the scenarios found, for people, for machines, and for the checks' own count."""

import argparse
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.chaos.scenario import Scenario

PLACE = Path("var", "chaos")
SHORT_FORM = 240.0


@dataclass(frozen=True)
class Told:
    """The result of one scenario. A control is well when the findings it names are broken."""

    name: str
    control: bool
    seconds: float
    ok: bool
    error: str = ""
    findings: Sequence[Mapping[str, Any]] = field(default_factory=list)
    reddens: tuple[str, ...] = ()

    @classmethod
    def of(cls, scenario: Scenario, content: Mapping[str, Any], *, seconds: float) -> "Told":
        findings = content.get("findings", [])
        error = content.get("error", "")
        broken = {each["id"] for each in findings if not each["ok"]}
        ok = not error and (set(scenario.reddens) <= broken if scenario.control else not broken)
        return cls(scenario.name, scenario.control, round(seconds, 1), ok, error, findings, scenario.reddens)

    def line(self) -> str:
        mark = "✅" if self.ok else "❌"
        broken = [each["id"] for each in self.findings if not each["ok"]]
        kept = f"{len(self.findings) - len(broken)} of {len(self.findings)} promises kept"
        if self.control:
            seen = f"seen: {', '.join(broken)}" if broken else "NOT SEEN"
            return f"{mark} {self.name:<34} {self.seconds:6.1f} s  {seen}"
        return f"{mark} {self.name:<34} {self.seconds:6.1f} s  {kept}"

    def trouble(self) -> Iterator[str]:
        """Why it is not well, in lines."""
        if self.error:
            yield from self.error.strip().splitlines()[-12:]
        if self.control and not self.ok and not self.error:
            yield f"the broken build did not break {', '.join(self.reddens)}"
        for each in self.findings:
            if not each["ok"] and not (self.control and self.ok):
                yield f"{each['id']}: {each['promise']}: {each['measured']:g} (bound {each['bound']})"
                yield from (f"   {example}" for example in each["examples"])


def conclude(told: Sequence[Told], wanted: argparse.Namespace, *, seconds: float) -> int:
    print(f"\n{table(told)}\n")
    controls = [each for each in told if each.control]
    seen = sum(each.ok for each in controls)
    held = sum(each.ok for each in told if not each.control)
    print(
        f"{held} of {len(told) - len(controls)} scenarios held, {seen} of {len(controls)} broken builds seen"
    )
    print(f"({seconds:.0f} s, seed {wanted.seed})")
    if not (wanted.full or wanted.names) and seconds > SHORT_FORM:
        print(f"The short form should take no more than {SHORT_FORM:.0f} s. Is the machine busy?")
    keep(told, wanted, seconds=seconds)
    if wanted.junit:
        junit(told, wanted.junit)
    return 0 if all(each.ok for each in told) else 1


def table(told: Sequence[Told]) -> str:
    """Each promise: the worst of all scenarios that measured it, and how many did."""
    worst: dict[str, tuple[Mapping[str, Any], int]] = {}
    for each in told:
        for one in [] if each.control else each.findings:
            before, count = worst.get(one["id"], (one, 0))
            worst[one["id"]] = (max(before, one, key=badness), count + 1)
    lines = [f"{'promise':<24} {'measured':>9} {'bound':>8}  {'runs':>4}  what"]
    for name, (one, count) in worst.items():
        mark = " " if one["ok"] else "❌"
        lines.append(
            f"{name:<24} {one['measured']:>9g} {one['bound']:>8}  {count:>4} {mark} {one['promise']}"
        )
    return "\n".join(lines)


def badness(finding: Mapping[str, Any]) -> tuple[bool, float]:
    """The more, the worse; but of what has a least number, the less."""
    sign = -1 if finding["bound"].startswith(">=") else 1
    return not finding["ok"], sign * finding["measured"]


def keep(told: Sequence[Told], wanted: argparse.Namespace, *, seconds: float) -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    content = {
        "at": now.isoformat(timespec="seconds"),
        "seed": wanted.seed,
        "full": wanted.full,
        "seconds": round(seconds, 1),
        "ok": all(each.ok for each in told),
        "scenarios": [asdict(each) for each in told],
    }
    path = PLACE / f"{now:%Y%m%d-%H%M%S}-{wanted.seed}.json"
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"Kept in {path}.")


def junit(told: Sequence[Told], path: Path) -> None:
    suite = ElementTree.Element("testsuite", name="chaos", tests=str(len(told)))
    for each in told:
        case = ElementTree.SubElement(suite, "testcase", name=each.name, time=str(each.seconds))
        if not each.ok:
            ElementTree.SubElement(case, "failure").text = "\n".join(each.trouble())
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def command(scenarios: Sequence[Scenario], wanted: argparse.Namespace) -> str:
    names = [each.name for each in scenarios] if wanted.names else []
    full = ["--full"] if wanted.full else []
    soak = ["--soak", str(wanted.soak)] if wanted.soak else []
    words = ["./test", "chaos", *full, *soak, "--seed", str(wanted.seed), "--", *names]
    return shlex.join(words).removesuffix(" --")
