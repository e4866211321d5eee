"""Services that go away in the middle of a game, and a network that does."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from browser.play import asked, revealed, right, score, turn
from browser.system import System


def test_the_model_goes_away_and_comes_back(page: Page, services: System) -> None:
    page.goto("/")
    page.click(right(page))
    revealed(page)
    page.click("[data-next]")
    asked(page, 2)
    with services.without("model"):
        page.click(right(page))
        expect(page.locator(".verdict")).to_contain_text("does not answer right now")
        assert turn(page) == 2
        assert score(page)[0] == 1, "it does not count"
    page.click("text=Ask it again")
    expect(page.locator("meter").first).to_be_visible()
    assert score(page)[0] == 2


def test_joker_goes_away_and_the_round_is_kept(page: Page, services: System) -> None:
    page.goto("/")
    with services.without("joker"):
        page.click(right(page))
        expect(page.locator("h1")).to_have_text("No joke right now")
    page.click("text=Try again")
    revealed(page)
    assert score(page)[0] == 1


def test_a_next_joke_that_could_not_be_fetched_ahead_is_asked_for_again(page: Page, services: System) -> None:
    page.goto("/")
    address = f"/jokes/{page.locator('[name=joke]').get_attribute('value')}"
    page.route("**/?round=*", lambda route: route.fulfill(status=503, body="<main id=main>away</main>"))
    with page.expect_response("**/?round=*"):
        page.click(right(page))
        revealed(page)
    assert address in page.url
    page.unroute("**/?round=*")
    page.click("[data-next]")
    asked(page, 2)


def test_a_network_that_is_gone_ends_in_the_browsers_own_page(
    context: Callable[..., BrowserContext],
) -> None:
    both = context()
    page = both.new_page()
    page.goto("/")
    both.set_offline(True)
    page.click(right(page))
    expect(page).to_have_url(re.compile("^chrome-error:"))
    both.set_offline(False)
    page.goto("/")
    asked(page, 1)


def test_the_model_is_away_from_the_try_page(page: Page, services: System) -> None:
    page.goto("/try")
    page.fill("textarea", "Warum ist das so?")
    with services.without("model"):
        page.click("text=Which language is it?")
        expect(page.locator(".notice")).to_contain_text("Your text is still in the form")
    assert page.locator("textarea").input_value() == "Warum ist das so?"
    page.click("text=Which language is it?")
    expect(page.locator(".verdict")).to_contain_text("German")
