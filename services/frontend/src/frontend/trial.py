"""A text of the visitor's own."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from servicekit import BackendError

from .evidence import highlight
from .game import answer
from .render import page
from .schemas import MAX_TEXT
from .silence import reason
from .visit import RETRY_AFTER, AVisit
from .words import say

log = structlog.get_logger(__name__)

EXAMPLES = {
    "de": "Warum trinken Programmierer so viel Kaffee?",
    "pl": "Dlaczego programiści tak lubią ciemny motyw?",
    "lt": "Kodėl programuotojai nemėgsta gamtos?",
    "gl": "Que lle di un bit a outro? Vémonos no bus.",
    "": "Hvorfor er det så stille her i dag?",
}
"""Texts to click, by language; "" for one that the model does not know."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/try")
async def form(request: Request) -> HTMLResponse:
    """The form alone."""
    return page(request, "try.html", **_form())


@router.post("/try")
async def judged(request: Request, visit: AVisit, text: Annotated[str, Form()] = "") -> HTMLResponse:
    """What the model makes of the text. No redirect to an address, since the text would be in it, and in logs."""
    text = text.encode("utf-8", "replace").decode()  # a multipart form may name a charset that makes lone surrogates
    text = text.replace("\r\n", "\n")  # as it was typed: forms send line ends in two characters, and that counts
    if not text:
        return page(request, "try.html", 422, **_form(problem=say("try.empty")))
    if len(text) > MAX_TEXT:
        problem = say("try.long", count=f"{len(text):,}", most=f"{MAX_TEXT:,}")
        return page(request, "try.html", 422, **_form(text, problem))
    try:
        judgement = await visit.explain(text)
    except BackendError as error:
        log.warning("away", backend=error.backend, reason=str(error))
        return page(request, "try.html", 503, RETRY_AFTER, **{**_form(text), "away": True})
    prediction = judgement.prediction
    return page(
        request,
        "try.html",
        **{**_form(text), **answer(text, prediction)},
        pieces=highlight(text, judgement.evidence),
        silence=reason(text, prediction, await visit.known_card()) if prediction.abstained else "",
    )


def _form(text: str = "", problem: str = "") -> dict[str, Any]:
    return {
        "text": text,
        "problem": problem,
        "max_text": MAX_TEXT,
        "examples": EXAMPLES,
        "prediction": None,
        "away": False,
    }
