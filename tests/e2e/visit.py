"""A look at what is on screen, in both themes and at two widths: axe-core finds nothing, nothing sticks out.

A picture of each look is kept under var/e2e/.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import expect

from tests.e2e.axe import findings
from tests.e2e.screen import Screen

Theme = Literal["light", "dark"]
LOOKS: tuple[tuple[Theme, int], ...] = (("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360))
WIDE = 1280
HEIGHTS = {WIDE: 960, 360: 780}


class Visit:
    """One tab, and what was found on its way. Colours in motion would be judged as they are: no motion."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.screen, self.page, self.folder = screen, screen.page, folder
        self.found: list[str] = []

    def see(self, name: str, *, looks: Sequence[tuple[Theme, int]] = LOOKS, whole: bool = True) -> None:
        """Judge and keep what is on screen, once all of it is there, in every theme and width."""
        expect(self.page.locator(".animate-breathe")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")
        for theme, width in looks:
            self.wear(theme)
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            self.judge(f"{name}-{theme}-{width}")
            self.keep(f"{name}-{theme}-{width}", whole=whole)
        self.page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})

    def wear(self, theme: Theme) -> None:
        """As a person's machine changes at dusk; the page follows with its next frame."""
        self.page.emulate_media(color_scheme=theme)
        expect(self.page.locator("html")).to_have_attribute("data-theme", theme)
        self.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")

    def judge(self, name: str) -> None:
        wider = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        self.found += [f"{name} is {wider} pixels too wide"] if wider > 0 else []
        self.found += [f"{name}: {finding}" for finding in findings(self.page)]

    def keep(self, name: str, *, whole: bool) -> None:
        """`whole`: as on a very high screen; the browser's own full picture has bars in its middle."""
        size = self.page.viewport_size
        assert size
        if whole:
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        self.page.screenshot(path=self.folder / f"{name}.png")
