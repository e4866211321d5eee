"""Pictures of the page, in `docs/pictures/`: `make page-pictures`."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Page

from browser.chromium import chromium
from browser.states import STATES, State
from browser.system import System, system

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
SOCIAL = ROOT / "services/frontend/src/frontend/static/social.png"

SIZES = {"phone": (360, 740), "tablet": (768, 900), "desktop": (1440, 900)}
HOST = "punchline.example"
"""What pictures show as the page's address, whatever the port."""

PHONE_TOO = ("guess", "reveal")
"""States that are also pictured on a phone, in the dark."""


def visit(page: Page, base: str, state: State) -> None:
    """Bring a page into a state."""
    page.goto(base + state.path)
    if state.click:
        page.locator("button", has_text=state.click.removeprefix("text=")).click()
        page.wait_for_selector("[data-announce]")


def shoot(browser: Browser, system: System, state: State, size: str, scheme: str, path: Path) -> None:
    """One picture."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    page = context.new_page()
    with system.without(*state.away):
        visit(page, f"http://{HOST}", state)
        # Not `full_page`: while it takes the picture it forgets that a phone has no mouse.
        page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
        page.screenshot(path=path)
    context.close()


def social(browser: Browser) -> None:
    """The card that others show beside a link to the page: the reveal, in the size that they want."""
    context = browser.new_context(viewport={"width": 1200, "height": 630}, reduced_motion="reduce")
    page = context.new_page()
    visit(page, f"http://{HOST}", next(state for state in STATES if state.name == "reveal"))
    page.screenshot(path=SOCIAL)
    context.close()


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(prog="python -m browser.pictures", description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every state, size and colour scheme, to this folder")
    parser.add_argument("--only", nargs="*", help="names of states")
    given = parser.parse_args()
    states: Iterable[State] = [state for state in STATES if not given.only or state.name in given.only]
    with system() as running, chromium(f"--host-resolver-rules=MAP {HOST} {running.url.partition('//')[2]}") as browser:
        if given.all:
            given.all.mkdir(parents=True, exist_ok=True)
            for state in states:
                for size in SIZES:
                    for scheme in ("light", "dark"):
                        shoot(browser, running, state, size, scheme, given.all / f"{state.name}-{size}-{scheme}.png")
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        for state in (state for state in states if state.pictured):
            shoot(browser, running, state, "tablet", "light", PICTURES / f"{state.name}.png")
            if state.name in PHONE_TOO:
                shoot(browser, running, state, "phone", "dark", PICTURES / f"{state.name}-phone.png")
        social(browser)
    print(f"{PICTURES} and {SOCIAL}", file=sys.stderr)


if __name__ == "__main__":
    main()
