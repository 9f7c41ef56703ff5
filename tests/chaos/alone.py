"""One scenario in this process: parts chosen, Django pointed at them, findings written as JSON."""

import argparse
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import django

from deploy.embedded import keys
from tests.chaos.house import site_for
from tests.chaos.scenario import Scenario


def run(scenario: Scenario, wanted: argparse.Namespace) -> int:
    """0 when it ran to its end; what it found stands in the result file."""
    folder = wanted.result.with_suffix("")
    folder.mkdir(exist_ok=True)
    secrets = keys.keep(wanted.home)
    cluster, redis, site = site_for(wanted.home, f"{wanted.result.stem}.postgres", secrets)
    os.environ.update(
        site.for_scheduler() | {"DJANGO_SETTINGS_MODULE": "shared.settings", "LOG_FORMAT": "json"}
    )
    django.setup()
    from tests.chaos.run import Run  # noqa: PLC0415  reads models, which Django has to know first

    # What is broken shows with small numbers, and some of it would grow by gigabytes in an hour.
    full, soak = (False, 0) if scenario.control else (wanted.full, wanted.soak)
    one = Run(
        scenario.name, wanted.seed, full, scenario.build, wanted.home, folder, secrets,
        cluster, redis, site,
        soak=soak,
    )  # fmt: skip
    try:
        found = function(scenario)(one)
    except Exception:  # noqa: BLE001  the top of this process: the parent has to hear of it
        write(wanted.result, {"error": traceback.format_exc()})
        return 1
    write(wanted.result, {"findings": [asdict(each) for each in found]})
    return 0


def function(scenario: Scenario) -> Callable[..., list]:
    module, name = scenario.where.split(":")
    return getattr(importlib.import_module(f"tests.chaos.scenarios.{module}"), name)


def write(path: Path, content: object) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=2))
    draft.replace(path)
    sys.stdout.flush()
