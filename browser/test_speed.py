"""What the first view costs: requests, bytes, round trips, and whether anything moves once it is there."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext

from browser.play import asked, revealed, right
from browser.states import GALICIAN, STATES

SHIFT = """
() => new Promise(done => {
  let sum = 0
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() => setTimeout(() => done(sum), 100))
})
"""

LATE = """
const now = window.fetch
window.fetch = async (...given) => { await new Promise(done => setTimeout(done, 600)); return now(...given) }
"""
"""Answers come when a click is no longer recent: what moves within half a second of one does not count."""


def test_the_first_paint_takes_one_round_trip_and_the_whole_view_30_kb(
    context: Callable[..., BrowserContext],
) -> None:
    page = context().new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    blocking = page.evaluate(
        "performance.getEntriesByType('resource').filter(entry => entry.renderBlockingStatus === 'blocking')"
        ".map(entry => entry.name)"
    )
    assert blocking == [], "the style sheet is in the page, the script waits"
    assert len(sizes) <= 3
    assert sum(sizes) <= 30_000


def test_nothing_moves(context: Callable[..., BrowserContext]) -> None:
    for width in (360, 1440):
        page = context(viewport={"width": width, "height": 800}).new_page()
        for state in STATES:
            if state.status == 200 and not state.away and not state.click:
                page.goto(state.path)
                assert page.evaluate(SHIFT) == 0, state.name
        page.close()


def test_nothing_moves_when_a_page_is_swapped_for_the_next(context: Callable[..., BrowserContext]) -> None:
    for width in (360, 1440):
        page = context(viewport={"width": width, "height": 800}).new_page()
        page.add_init_script(LATE)
        page.goto(f"/jokes/{GALICIAN}")
        page.click(right(page))
        revealed(page)
        assert page.evaluate(SHIFT) == 0
        page.click("[data-next]")
        asked(page, 2)
        assert page.evaluate(SHIFT) == 0
        page.close()


def test_files_come_from_the_cache_on_the_second_page(context: Callable[..., BrowserContext]) -> None:
    page = context().new_page()
    page.goto("/", wait_until="networkidle")
    page.click("text=Try it")
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(entry => entry.name.includes('.js'))"
        ".map(entry => entry.transferSize)"
    )
    assert sizes == [0]
