"""The browser: Debian's Chromium where there is one, Playwright's own elsewhere."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, sync_playwright

QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--force-color-profile=srgb", "--font-render-hinting=none"]


def executable() -> str | None:
    """The path of a Chromium in PATH, or in CHROMIUM; None for Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def arguments() -> list[str]:
    """For a browser that calls nobody. Root cannot have Chromium's sandbox, and here it sees pages of ours alone."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A running browser, with `more` arguments; SystemExit with one line when there is none."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable(), args=[*arguments(), *more])
        except Error as error:
            reason = error.message.strip().splitlines()[0]
            sys.exit(
                f"No browser starts ({reason}). Install one: `apt install chromium` on Debian, "
                f"`{sys.executable} -m playwright install chromium` elsewhere, or name one in CHROMIUM."
            )
        try:
            yield browser
        finally:
            browser.close()
