"""A whole round: with the mouse, with keys alone, without scripts, on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.play import RIGHT, WRONG, asked, model, revealed, right, score, turn, wrong

Contexts = Callable[..., BrowserContext]


def documents(page: Page) -> list[str]:
    """The documents that are loaded from now on: none, as long as scripts swap pages."""
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if request.is_navigation_request() else None)
    return loaded


def whole_round(page: Page, press: Callable[[str], None]) -> None:
    """Guess right and wrong in turn, up to the result and on to another round; the points are counted on the way."""
    mine, models = "", ""
    for number in range(1, 11):
        asked(page, number)
        press(right(page) if number % 2 else wrong(page))
        revealed(page)
        mine, models = mine + (RIGHT if number % 2 else WRONG), models + model(page)
        assert turn(page) == number
        assert score(page) == (mine.count(RIGHT), models.count(RIGHT))
        expect(page.locator("meter").first).to_be_visible()
        press("[data-next]")
    you, other = mine.count(RIGHT), models.count(RIGHT)
    won, lost, drawn = f"You win, {you} to {other}.", f"The model wins, {other} to {you}.", f"A draw: {you} all."
    expect(page.locator("h1")).to_have_text(won if you > other else lost if you < other else drawn)
    assert score(page) == (you, other)
    assert page.locator("textarea").input_value().splitlines()[1:3] == [f"{mine} me", f"{models} model"]
    press("text=Another round")
    asked(page, 1)


def test_with_the_mouse(page: Page) -> None:
    page.goto("/")
    loaded = documents(page)
    whole_round(page, page.click)
    assert loaded == [], "no page was loaded anew"


def test_the_result_can_be_copied(context: Contexts) -> None:
    page = context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(f"/result?round={'rr0001' * 10}")
    page.click("text=Copy")
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("textarea").input_value()


def test_with_keys_alone(page: Page) -> None:
    page.goto("/")
    for number in range(1, 11):
        asked(page, number)
        choice = page.locator(right(page)).locator("kbd").inner_text()
        page.keyboard.press(choice)
        revealed(page)
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(re.compile("You win|A draw"))
    assert score(page)[0] == 10
    page.keyboard.press("Enter")
    asked(page, 1)
    expect(page.locator(".streak")).to_have_text("10 in a row")


def test_with_keys_faster_than_the_page_moves(page: Page) -> None:
    page.add_init_script(
        "const start = document.startViewTransition.bind(document);"
        "document.startViewTransition = (swap) => { const moved = start(swap); moved.skipTransition(); return moved }"
    )
    page.goto("/")
    page.keyboard.press("1")
    revealed(page)
    page.keyboard.press("Enter")
    asked(page, 2)


def test_with_tab_and_enter_as_everywhere(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".choices button").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".choices button").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    revealed(page)
    expect(page.locator("[data-next]")).to_be_focused()


def test_number_keys_can_be_turned_off(page: Page) -> None:
    page.goto("/")
    page.click("[data-keys]")
    page.keyboard.press("1")
    page.click(right(page))
    revealed(page)
    page.click("[data-next]")
    asked(page, 2)
    expect(page.locator("[data-keys]")).to_have_text("Number keys: off")
    page.click("[data-keys]")
    page.keyboard.press("1")
    revealed(page)


def test_without_scripts(context: Contexts) -> None:
    page = context(java_script_enabled=False).new_page()
    page.goto("/")
    expect(page.locator(".keys").first).to_be_hidden()
    for number in range(1, 11):
        asked(page, number)
        page.click(right(page))
        revealed(page)
        assert "guess=" in page.url, "redirected: loading it again sends nothing again"
        page.reload()
        assert score(page)[0] == number
        page.click("[data-next]")
    expect(page.locator("h1")).to_contain_text(re.compile("You win|A draw"))
    expect(page.locator("[data-copy]")).to_be_hidden()
    page.click("text=Try it")
    page.click("text=Kodėl programuotojai")
    expect(page.locator(".verdict")).to_contain_text("Lithuanian")


def test_on_a_phone(context: Contexts) -> None:
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = context(**phone, reduced_motion="reduce").new_page()
    page.goto("/")
    expect(page.locator("kbd").first).to_be_hidden()
    whole_round(page, page.tap)


def test_going_back_takes_a_turn_back(page: Page) -> None:
    page.goto("/")
    joke = page.locator("blockquote").inner_text()
    page.click(right(page))
    revealed(page)
    page.click("[data-next]")
    asked(page, 2)
    page.go_back()
    revealed(page)
    assert page.locator("blockquote").inner_text() == joke
    page.go_back()
    asked(page, 1)
    assert page.locator("blockquote").inner_text() == joke, "the same joke, not another"
    page.click(wrong(page))
    revealed(page)
    assert turn(page) == 1
    assert score(page)[0] == 0, "it counts once, as it was guessed last"


@pytest.mark.parametrize("scripts", [True, False])
def test_reload_and_back_across_documents(context: Contexts, scripts: bool) -> None:
    page = context(java_script_enabled=scripts).new_page()
    page.goto("/")
    page.click(right(page))
    revealed(page)
    page.reload()
    revealed(page)
    page.click("[data-next]")
    asked(page, 2)
    page.go_back()
    revealed(page)
    page.go_back()
    asked(page, 1)
    page.go_forward()
    revealed(page)
    assert score(page)[0] == 1


def test_two_tabs_are_two_rounds(context: Contexts) -> None:
    both = context()
    first, second = both.new_page(), both.new_page()
    for page in (first, second):
        page.goto("/")
    for _ in range(2):
        first.click(right(first))
        revealed(first)
        first.click("[data-next]")
        expect(first.locator(".choices")).to_be_visible()
    second.click(wrong(second))
    revealed(second)
    assert (turn(second), score(second)[0]) == (1, 0)
    asked(first, 3)
    assert score(first)[0] == 2
    assert both.cookies() == []
