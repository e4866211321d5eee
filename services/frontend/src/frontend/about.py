"""What is behind the game: the model's card, and the services as this request met them."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from servicekit import BackendError
from servicekit.context import current

from .card import Metrics
from .game import away
from .openapi import Document
from .render import page
from .visit import AVisit

CONFUSED = 0.02
"""Mean probability given to a wrong language from which on the page speaks of it."""

SERVICES = ("frontend", "joker", "model")

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Call:
    """A call that was made for this page; `server` is the header of that name in the answer."""

    service: str
    asked: str
    answered: bool
    milliseconds: float
    server: str = ""

    @property
    def version(self) -> str:
        """`0.1.0 (4f2a9c81d03e)`; empty where the service did not say."""
        return self.server.partition("/")[2]


@router.get("/model")
async def card(request: Request, visit: AVisit) -> HTMLResponse:
    """The model card, for people."""
    try:
        found = await visit.card()
    except BackendError as error:
        return away(request, error)
    folds = found.metrics.by_group_folds
    return page(request, "card.html", card=found, folds=folds, confused=_confused(folds) if folds else [])


@router.get("/hood")
async def hood(request: Request, visit: AVisit) -> HTMLResponse:
    """One joke and one question to the model, and who answered them."""
    began = time.perf_counter()
    joker, told = await _call("joker", "GET /v1/jokes/random", visit.tell())
    text = told.joke.text if told else request.app.title
    model, _ = await _call("model", "POST /v2/models/joke-language/infer", visit.explain(text))
    took = (time.perf_counter() - began) * 1000
    own = Call("frontend", "GET /hood", True, took, request.app.state.server)
    return page(request, "hood.html", calls=[own, joker, model], ids=current())


@router.get("/hood/{service}")
async def api(request: Request, visit: AVisit, service: str) -> HTMLResponse:
    """The endpoints of a service, from its OpenAPI document."""
    if service not in SERVICES:
        raise HTTPException(404)
    try:
        own = Document.model_validate(request.app.openapi()) if service == "frontend" else None
        document = own or await visit.document(service)
    except BackendError as error:
        return away(request, error)
    return page(request, "api.html", service=service, document=document)


async def _call(service: str, asked: str, call: Awaitable[Any]) -> tuple[Call, Any]:
    began = time.perf_counter()
    try:
        answer = await call
    except BackendError:
        answer = None
    took = (time.perf_counter() - began) * 1000
    return Call(service, asked, answer is not None, took, answer.server if answer else ""), answer


def _confused(folds: Metrics) -> list[tuple[str, str, float]]:
    """Pairs of languages, the true one first, with how much of the model's belief goes to the other; most first."""
    pairs = [(truth, guess, p) for truth, row in folds.confusion.items() for guess, p in row.items() if guess != truth]
    return sorted((pair for pair in pairs if pair[2] >= CONFUSED), key=lambda pair: -pair[2])[:5]
