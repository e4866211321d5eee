"""A backend that is away altogether: the joke without the model, a page that says so without joker, and back again."""

import re
from dataclasses import replace

import httpx
import pytest

from e2e.conftest import During
from e2e.kubernetes import wait
from e2e.release import GUESS, HOST, NODE_PORTS, Release, answers, ask
from e2e.traffic import Stream

PAGE = f"http://{HOST}:{NODE_PORTS['frontend']}"


def without_the_model(response: httpx.Response) -> str | None:
    """A 200 with a joke, degraded or not."""
    if response.status_code == 200 and response.json()["joke"]["text"]:
        return None
    return f"status {response.status_code}: {response.text}"


@pytest.mark.timeout(240)
def test_without_model_the_joke_still_comes(release: Release, during: During) -> None:
    release.settle()
    whole = Stream("GET /api/joke", f"{PAGE}/api/joke", without_the_model)
    with during("model scaled to 0 and back", [whole, replace(whole, fresh=True)]):
        release.kubectl("scale", "deployment/model", "--replicas=0")
        wait("answers are degraded", lambda: ask("GET", f"{PAGE}/api/joke").json()["degraded"])
        reveal = ask("POST", f"{PAGE}/guess", data=GUESS).text
        assert "Right: it is Polish. The model does not answer right now" in " ".join(
            re.sub("<[^>]*>", " ", reveal).split()
        )
        release.kubectl("scale", "deployment/model", "--replicas=1")
        wait("answers are whole", lambda: not ask("GET", f"{PAGE}/api/joke").json()["degraded"])


@pytest.mark.timeout(240)
def test_without_joker_the_page_says_so(release: Release) -> None:
    release.settle()
    release.kubectl("scale", "deployment/joker", "--replicas=0")
    wait("the page says 503", lambda: ask("GET", PAGE).status_code == 503)
    page = ask("GET", PAGE)
    assert "No joke right now" in page.text
    assert int(page.headers["retry-after"]) > 0
    error = ask("GET", f"{PAGE}/api/joke")
    assert error.status_code == 503
    assert "joker" in error.json()["error"]
    release.kubectl("scale", "deployment/joker", "--replicas=1")
    for stream in release.through_frontend():
        wait(f"{stream.name} answers again", answers, stream)
