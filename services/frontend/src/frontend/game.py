"""The game: a joke, a guess, the model's answer, and after ten of them a result."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError
from servicekit import BackendError

from .evidence import highlight
from .joker import ID
from .render import page, query
from .rounds import Round
from .schemas import Joke, LanguageCode, Prediction
from .silence import reason
from .turn import choices
from .visit import RETRY_AFTER, AVisit

log = structlog.get_logger(__name__)

BARS = 4
"""How many languages have a bar at once: the rest is folded, and close to nothing."""

LANGUAGE_CODE: TypeAdapter[str] = TypeAdapter(LanguageCode)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


async def so_far(
    text: Annotated[str, Query(alias="round", max_length=200)] = "", streak: Annotated[str, Query(max_length=20)] = ""
) -> Round:
    """The round that an address carries. Async, or FastAPI would use a thread."""
    return _round(text, streak)


ARound = Annotated[Round, Depends(so_far)]


@router.get("/")
async def ask(request: Request, visit: AVisit, so_far: ARound) -> HTMLResponse:
    """A random joke to guess."""
    if so_far.finished:
        so_far = so_far.afresh
    try:
        joke = await visit.next_joke(so_far)
        return await _question(request, visit, joke, so_far)
    except BackendError as error:
        return away(request, error, kept=bool(so_far.turns))


@router.get("/jokes/{joke_id}")
async def particular(
    request: Request,
    visit: AVisit,
    joke_id: str,
    so_far: ARound,
    guess: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """A joke by its id: to guess, or with a guess what became of it."""
    try:
        joke = await visit.joke_of(joke_id)
        if joke is None:
            raise HTTPException(404)
        if not _is_language(guess):
            return await _question(request, visit, joke, so_far, shared=not so_far.turns)
        return await _reveal(request, visit, joke, guess, so_far)
    except BackendError as error:
        return away(request, error, kept=bool(so_far.turns))


@router.post("/guess")
async def guess(
    request: Request,
    joke: Annotated[str, Form(max_length=64)] = "",
    language: Annotated[str, Form(alias="guess", max_length=40)] = "",
    text: Annotated[str, Form(alias="round", max_length=200)] = "",
    streak: Annotated[str, Form(max_length=20)] = "",
) -> RedirectResponse:
    """To the page that shows what became of a guess, so that loading it again guesses nothing again."""
    if not ID.fullmatch(joke):
        raise HTTPException(404)
    more = {"guess": language} if _is_language(language) else {}
    root_path = request.scope.get("root_path", "")
    return RedirectResponse(f"{root_path}/jokes/{joke}{query(_round(text, streak), **more)}", 303)


@router.get("/result")
async def result(request: Request, so_far: ARound) -> HTMLResponse:
    """How a round of ten ended."""
    return page(request, "result.html", so_far=so_far)


def away(request: Request, error: BackendError, kept: bool = False) -> HTMLResponse:
    """The page for when the service that a page is about is away."""
    log.warning("away", backend=error.backend, reason=str(error))
    again = f"?{request.url.query}" if request.url.query else ""
    return page(request, "away.html", 503, RETRY_AFTER, backend=error.backend, kept=kept, again=again)


def answer(text: str, prediction: Prediction) -> dict[str, Any]:
    """What the template of an answer shows of a prediction."""
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    return {"prediction": prediction, "bars": ranked[:BARS], "rest": ranked[BARS:]}


async def _question(
    request: Request, visit: AVisit, joke: Joke, so_far: Round, *, shared: bool = False
) -> HTMLResponse:
    offered = choices(joke, await visit.known_card())
    return page(request, "guess.html", joke=joke, choices=offered, so_far=so_far, shared=shared)


async def _reveal(request: Request, visit: AVisit, joke: Joke, guess: str, so_far: Round) -> HTMLResponse:
    judgement = await visit.reveal(joke)
    values: dict[str, Any] = {"joke": joke, "guess": guess, "so_far": so_far, "prediction": None}
    if judgement is None:
        return page(request, "reveal.html", **values, after=so_far, pieces=[(joke.text, 0)])
    prediction = judgement.prediction
    model = None if prediction.abstained else prediction.language == joke.language
    return page(
        request,
        "reveal.html",
        **{**values, **answer(joke.text, prediction)},
        after=so_far.played(joke.id, guess == joke.language, model),
        pieces=highlight(joke.text, judgement.evidence),
        trained_on=visit.trained_on(joke),
        silence=reason(joke.text, prediction, await visit.known_card()) if prediction.abstained else "",
    )


def _round(text: str, streak: str) -> Round:
    return Round.parse(text, int(streak) if streak.isascii() and streak.isdigit() else 0)


def _is_language(code: str) -> bool:
    try:
        LANGUAGE_CODE.validate_python(code)
    except ValidationError:
        return False
    return True
