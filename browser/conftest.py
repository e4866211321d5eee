"""A browser for the whole run, the services for a module, and a page of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from browser.chromium import chromium
from browser.system import System, system


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def services() -> Iterator[System]:
    with system() as started:
        yield started


@pytest.fixture
def context(browser: Browser, services: System) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts, each a browser of its own to the page: other sizes, no scripts, a touch screen."""
    with ExitStack() as stack:

        def make(**options: object) -> BrowserContext:
            made = browser.new_context(**{"base_url": services.url, **options})
            made.set_default_timeout(20_000)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def page(context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A tab at a desk. What its console says of errors fails the test."""
    tab = context().new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    assert [line for line in said if not line.startswith("Failed to load resource")] == []
