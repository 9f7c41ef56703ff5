"""The page as a person uses it: verbs, and what can be read. Waits for what it expects."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.fleet import Server
from tests.e2e.watch import Watch

# A toast is gone after seconds; whoever counts them has to have seen every one.
TOAST_RECORDER = """
window.__toasts = []
new MutationObserver((records) => {
  for (const node of records.flatMap((record) => [...record.addedNodes])) {
    if (!(node instanceof Element)) continue
    for (const toast of [node, ...node.querySelectorAll('*')]) {
      if (!toast.matches('[data-sonner-toast]')) continue
      const words = (part) => toast.querySelector(part)?.textContent?.trim() ?? ''
      window.__toasts.push({ title: words('[data-title]'), description: words('[data-description]') })
    }
  }
}).observe(document, { childList: true, subtree: true })
"""
SEE_THE_END = 25.0


@dataclass(frozen=True)
class Toast:
    """What a notice said."""

    title: str
    description: str


class Screen:
    """One tab, signed in or not."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch

    def open(self, path: str) -> "Screen":
        """Load an address anew, and wait for its heading."""
        self.page.goto(path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self

    def go(self, place: str) -> "Screen":
        """Go to a place of the menu, without loading the page again."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=place).click()
        expect(self.page.get_by_role("heading", level=1, name=place)).to_be_visible()
        return self

    def wait(self, seconds: float) -> None:
        """Let time pass while the browser's events keep coming in."""
        self.page.wait_for_timeout(max(0.0, seconds) * 1000)

    def wait_until(self, moment: float) -> None:
        self.wait(moment - time.time())

    def sign_in(self, email: str, password: str) -> None:
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Your account and appearance").click()
        self.page.get_by_role("menuitem", name="Sign out").click()

    def until(self, is_true: Callable[[], bool], *, within: float = 15.0) -> None:
        """Wait for something that the page itself does not show."""
        deadline = time.time() + within
        while not is_true():
            assert time.time() < deadline, f"it did not happen within {within:.0f} s"
            self.wait(0.1)

    def row(self, server: Server | str) -> Locator:
        """A server's row in the table, or its card on a narrow screen."""
        name = server if isinstance(server, str) else server.name
        link = self.page.get_by_role("link", name=name, exact=True)
        return self.page.locator("tr, li.card").filter(has=link)

    def pill(self, server: Server) -> Locator:
        """The status; what asks for attention stands below it."""
        return self.row(server).locator(".pill").first

    def shows(self, server: Server, word: str, *, within: float = SEE_THE_END) -> None:
        """The row's status becomes this word, by itself, within so many seconds."""
        expect(self.pill(server)).to_have_text(word, timeout=within * 1000)

    def heading_shows(self, word: str, *, within: float = SEE_THE_END) -> None:
        """The status beside the heading of a server's own page."""
        pill = self.page.locator("main .card").first.locator(".pill")
        expect(pill).to_have_text(word, timeout=within * 1000)

    def button(self, action: str, server: Server) -> Locator:
        return self.page.get_by_role("button", name=f"{action} {server.name}", exact=True)

    def press(self, action: str, server: Server) -> None:
        """A person's own Start or Stop, or one of a server's own page."""
        self.button(action, server).click()

    def choose(self, words: str | re.Pattern[str], server: Server) -> None:
        """What stands in the menu of a row."""
        self.button("More for", server).click()
        self.page.get_by_role("menuitem", name=words).click()

    def keep(self, words: str, server: Server) -> Locator:
        """Press the button that keeps a server so until a moment; the dialog that asks for it."""
        self.page.get_by_role("button", name=f"{words}: {server.name}", exact=True).click()
        return self.dialog(re.compile(re.escape(server.name)))

    def undo(self, title: str | re.Pattern[str]) -> None:
        """Take back what a notice tells, while it is there."""
        told = self.page.locator("[data-sonner-toast]").filter(has_text=title)
        told.get_by_role("button", name="Undo").click()

    def toasts(self, server: Server | None = None) -> list[Toast]:
        """Every notice since the page was loaded, or those that name a server."""
        said: list[dict[str, Any]] = self.page.evaluate("window.__toasts")
        found = [Toast(each["title"], each["description"]) for each in said]
        return [toast for toast in found if server is None or server.name in toast.description]

    def toast(self, title: str, server: Server, *, within: float = 10.0) -> Locator:
        """The notice with this title about this server, once it is on screen."""
        about = self.page.locator("[data-sonner-toast]").filter(has_text=server.name)
        found = about.filter(has_text=title)
        expect(found).to_be_visible(timeout=within * 1000)
        return found

    def dialog(self, title: str | re.Pattern[str]) -> Locator:
        found = self.page.get_by_role("dialog", name=title)
        expect(found).to_be_visible()
        return found

    def confirm(self, title: str, button: str) -> None:
        """Answer a question; behind it the page is hidden from whoever looks by roles, until it is gone."""
        asked = self.dialog(title)
        asked.get_by_role("button", name=button, exact=True).click()
        expect(asked).to_be_hidden()

    def choose_theme(self, theme: str) -> None:
        """'light' or 'dark', from the next load on."""
        self.page.evaluate("(theme) => localStorage.setItem('cloudevy.theme', theme)", theme)

    def hide(self) -> None:
        """The tab goes to the background. Headless Chromium keeps every tab visible, so the page is told."""
        self._visibility("hidden")

    def come_back(self) -> None:
        self._visibility("visible")

    def _visibility(self, state: str) -> None:
        self.page.evaluate(
            """(state) => {
              Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
              Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true })
              document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
            }""",
            state,
        )
