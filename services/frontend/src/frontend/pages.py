"""The pages, made on the server; they need no JavaScript."""

from typing import Annotated, Any

import jinja2
import structlog
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from servicekit import BackendError

from .languages import name
from .schemas import MAX_TEXT, Prediction
from .visit import RETRY_AFTER, AVisit

log = structlog.get_logger(__name__)

BARS = 5
"""How many languages have a bar: the rest is close to nothing."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

templates = jinja2.Environment(
    loader=jinja2.PackageLoader("frontend"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)
templates.filters["language"] = name


@router.get("/")
async def joke(visit: AVisit) -> HTMLResponse:
    """A random joke and what the model makes of it."""
    try:
        seen = await visit.joke()
    except BackendError as error:
        log.warning("away", backend=error.backend, reason=str(error))
        return _page("away.html", 503, RETRY_AFTER)
    return _page("joke.html", joke=seen.joke, **_answer(seen.prediction))


@router.post("/classify")
async def classify(visit: AVisit, text: Annotated[str, Form()] = "") -> HTMLResponse:
    """What the model makes of the visitor's text. POST, so that no log and no history has the text."""
    text = text.encode("utf-8", "replace").decode()  # a multipart form may name a charset that makes lone surrogates
    text = text.replace("\r\n", "\n")  # as it was typed: forms send line ends in two characters, and that counts
    if not text:
        return _page("text.html", 422, text=text, problem="There is no text yet.", **_answer(None))
    if len(text) > MAX_TEXT:
        problem = f"The text has {len(text):,} characters. At most {MAX_TEXT:,} are read."
        return _page("text.html", 422, text=text, problem=problem, **_answer(None))
    try:
        prediction = await visit.classify(text)
    except BackendError as error:
        log.warning("away", backend=error.backend, reason=str(error))
        return _page("text.html", 503, RETRY_AFTER, text=text, **_answer(None))
    return _page("text.html", text=text, **_answer(prediction))


def _page(template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    values = {"text": "", "problem": "", "max_text": MAX_TEXT, **values}
    return HTMLResponse(templates.get_template(template).render(values), status, headers)


def _answer(prediction: Prediction | None) -> dict[str, Any]:
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1]) if prediction else []
    return {"prediction": prediction, "bars": ranked[:BARS]}
