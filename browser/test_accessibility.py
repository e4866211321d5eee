"""Every page in every state, light and dark: no violation that axe finds, nothing wider than a small phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from browser.pictures import visit
from browser.play import out_of_sight, revealed, right
from browser.states import STATES, State
from browser.system import System

Contexts = Callable[..., BrowserContext]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]}

RIGHT_TO_LEFT = """
() => {
  const root = document.documentElement
  const starts = (element, fromRight) => {
    const frame = (element.ownerSVGElement ?? root).getBoundingClientRect()
    const content = document.createRange()
    content.selectNodeContents(element)
    return (element instanceof SVGElement ? [element] : [element, content])
      .map(each => each.getBoundingClientRect())
      .map(box => box.width && (fromRight ? frame.right - box.right : box.left - frame.left))
  }
  // Words keep their order within a line, and a joke has its own direction.
  const moves = element => getComputedStyle(element).display !== 'inline' && !element.closest('.aside, [dir=auto]')
  const elements = [...document.querySelectorAll('body *')].filter(element => element.ownerSVGElement || moves(element))
  const before = elements.map(element => starts(element, false))
  root.dir = 'rtl'
  const after = elements.map(element => starts(element, !element.ownerSVGElement))
  return elements.filter((_, i) => before[i].some((start, j) => Math.abs(start - after[i][j]) > 1.5))
    .map(element => element.outerHTML.slice(0, 120))
}
"""
"""Turns the page; what is then no mirror image of before or, within a drawing, not where it was."""

SMALL_TARGETS = """
() => [...document.querySelectorAll('a, button, summary, textarea')].filter(element => {
  const box = element.getBoundingClientRect()
  const inline = getComputedStyle(element).display === 'inline'  // links in text are exempt, WCAG 2.5.8
  return box.width && !inline && !element.matches('.skip') && (box.width < 24 || box.height < 24)
}).map(element => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_every_state(context: Contexts, services: System, state: State) -> None:
    page = context(reduced_motion="reduce").new_page()
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status) if "/static/" not in answer.url else None)
    with services.without(*state.away):
        visit(page, services.url, state)
        assert answers[-1] == state.status or state.status in answers
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SMALL_TARGETS) == []
    page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true })")
    for width in (320, 768, 3840):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert out_of_sight(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate(RIGHT_TO_LEFT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert out_of_sight(page) == []


def test_the_reveal_is_spoken_and_focus_goes_on(page: Page) -> None:
    page.goto("/")
    page.click(right(page))
    revealed(page)
    expect(page.get_by_role("status")).to_contain_text("Right: it is")
    expect(page.locator("[data-next]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".choices")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()


def test_motion_is_for_those_who_like_it(context: Contexts) -> None:
    for motion, expected in (("reduce", 0), ("no-preference", 1)):
        page = context(reduced_motion=motion).new_page()
        page.add_init_script(
            "window.moved = 0; const start = document.startViewTransition.bind(document);"
            "document.startViewTransition = (...given) => { window.moved += 1; return start(...given) }"
        )
        page.goto("/")
        page.click(right(page))
        revealed(page)
        assert page.evaluate("window.moved") == expected


def test_text_may_be_twice_as_large(context: Contexts) -> None:
    page = context(viewport={"width": 640, "height": 800}).new_page()
    page.goto("/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert out_of_sight(page) == []


def test_on_paper_there_is_the_joke_and_the_answer(context: Contexts) -> None:
    page = context().new_page()
    page.goto(f"{STATES[2].path}")
    page.emulate_media(media="print")
    expect(page.locator("blockquote")).to_be_visible()
    expect(page.locator("nav")).to_be_hidden()
    assert len(page.pdf()) > 1000
