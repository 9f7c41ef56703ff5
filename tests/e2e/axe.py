"""What axe-core finds on the page that is on screen, at WCAG 2.2 level A and AA."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path("frontend", "node_modules", "axe-core", "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def findings(page: Page) -> list[str]:
    """A line each: where, the rule, the element, and what to do."""
    page.evaluate(SCRIPT.read_text())
    found: dict[str, Any] = page.evaluate("(tags) => axe.run({ runOnly: tags })", RULES)
    return [
        f"{page.url}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
