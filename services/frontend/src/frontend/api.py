"""The same as the pages, as JSON."""

from collections.abc import Generator
from contextlib import contextmanager

from fastapi import APIRouter
from servicekit import BackendError, ServiceError

from .schemas import JokeAndPrediction, Prediction, Text
from .visit import RETRY_AFTER, AVisit

router = APIRouter(prefix="/api")


@router.get("/joke", summary="A random joke and the model's answer")
async def joke(visit: AVisit) -> JokeAndPrediction:
    """Without model the joke comes alone, marked degraded; without joker there is a 503."""
    with _away_is_503():
        return await visit.joke()


@router.post("/classify", summary="Which language is a text in?")
async def classify(visit: AVisit, body: Text) -> Prediction:
    """Without model there is a 503."""
    with _away_is_503():
        return await visit.classify(body.text)


@contextmanager
def _away_is_503() -> Generator[None, None, None]:
    # Slow, gone or talking nonsense: to a visitor it is all one, and worth another try later.
    try:
        yield
    except BackendError as error:
        message = f"{error.backend} does not answer right now."
        raise ServiceError(503, "backend_away", message, headers=RETRY_AFTER) from None
