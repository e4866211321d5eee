"""Text that means harm is shown as text, from joker and from the visitor."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.hostile_joker import JOKES
from browser.play import out_of_sight
from browser.system import System, system


@pytest.fixture(scope="module")
def services() -> Iterator[System]:
    with system(Path(__file__).with_name("hostile_joker.py")) as started:
        yield started


@pytest.mark.parametrize("name", JOKES)
def test_a_hostile_joke(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for guess in ("", "?guess=en"):
        page.goto(f"/jokes/{name}{guess}")
        text = page.locator("blockquote").evaluate("quote => quote.textContent")
        assert text == JOKES[name].replace("\0", "")  # which HTML has no room for
        assert page.locator("main").count() == page.locator("h1").count() == 1
        assert page.evaluate("window.caught") is None
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, "nothing pushes the page wide"
            assert out_of_sight(page) == [], "nor out of sight"


@pytest.mark.parametrize("name", JOKES)
def test_a_hostile_text(page: Page, name: str) -> None:
    text = JOKES[name].replace("\0", "")
    page.goto("/try")
    page.fill("textarea", text)
    page.click("text=Which language is it?")
    expect(page.locator(".verdict")).to_be_visible()
    assert page.locator("textarea").input_value() == text
    assert page.locator("blockquote").evaluate("quote => quote.textContent") == text
    assert page.evaluate("window.caught") is None
    page.reload()
    assert page.evaluate("window.caught") is None


def test_a_hostile_address(page: Page) -> None:
    page.goto("/jokes/script?guess=en&round=%3Cscript%3E&streak=%22%3E%3Cb%3E")
    assert page.evaluate("window.caught") is None
    expect(page.locator(".turn")).to_contain_text("Joke 1 of 10")
