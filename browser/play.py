"""What a visitor does and sees on the page."""

import re

from playwright.sync_api import Page, expect

RIGHT, WRONG, SILENT = "🟩", "🟥", "⬜"
"""An answer in the result that is shared."""

OUT_OF_SIGHT = """
() => [...document.querySelectorAll('body *')].filter(element => {
  if (element.closest('.wide, .aside, svg')) return false
  const box = element.getBoundingClientRect()
  const clipped = getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth
  const end = document.documentElement.getBoundingClientRect().right
  return box.width && (clipped || box.right > end + 1 || box.left < -1)
}).map(element => element.outerHTML.slice(0, 120))
"""


def truth(page: Page) -> str:
    """The language of the joke: what its `lang` tells a screen reader."""
    language = page.locator("blockquote").get_attribute("lang")
    assert language
    return language


def right(page: Page) -> str:
    """A selector of the right choice."""
    return f'.choices button[value="{truth(page)}"]'


def wrong(page: Page) -> str:
    """A selector of a wrong one."""
    return f'.choices button:not([value="{truth(page)}"]) >> nth=0'


def turn(page: Page) -> int:
    """The number of the joke in its round."""
    found = re.search(r"Joke (\d+) of 10", page.locator(".turn").inner_text())
    assert found
    return int(found[1])


def score(page: Page) -> tuple[int, int]:
    """Jokes that the visitor and the model got right."""
    you, model = page.locator(".score b").all_inner_texts()
    return int(you), int(model)


def model(page: Page) -> str:
    """The model's answer, by the words of the reveal."""
    said = page.locator(".verdict p").inner_text()
    if "The model does not say" in said:
        return SILENT
    return RIGHT if "A point each" in said or "goes to the model" in said else WRONG


def revealed(page: Page) -> None:
    """Wait for the reveal."""
    expect(page.locator(".verdict h1")).to_be_visible()


def asked(page: Page, number: int) -> None:
    """Wait for a joke to guess."""
    expect(page.locator(".turn")).to_contain_text(f"Joke {number} of 10")
    expect(page.locator(".choices button")).to_have_count(5)


def out_of_sight(page: Page) -> list[str]:
    """Elements that stick out of the page at a side, or whose content is cut off there."""
    found: list[str] = page.evaluate(OUT_OF_SIGHT)
    return found
