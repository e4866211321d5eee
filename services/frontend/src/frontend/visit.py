"""What both the page and the API do for a visitor, within one deadline."""

from typing import Annotated

import structlog
from fastapi import Depends, Request
from servicekit import BackendError

from .accuracy import judge
from .deadline import Deadline
from .joker import Joker
from .model import Model
from .schemas import JokeAndPrediction, Prediction

log = structlog.get_logger(__name__)

RETRY_AFTER = {"retry-after": "2"}
"""Seconds after which a visitor may find a backend back: a pod that died is replaced in about that time."""


class Visit:
    """One request of a visitor, whose time runs from when it is made."""

    def __init__(self, joker: Joker, model: Model, seconds: float) -> None:
        self._joker, self._model = joker, model
        self._deadline = Deadline(seconds)

    async def joke(self) -> JokeAndPrediction:
        """A joke, with the prediction if model answers in time. Raises BackendError when joker does not."""
        joke = await self._joker.random(self._deadline)
        try:
            prediction = await self._model.classify(joke.text, self._deadline)
        except BackendError as error:
            log.warning("degraded", backend=error.backend, reason=str(error))
            return JokeAndPrediction(joke=joke, prediction=None, degraded=True)
        judge(joke, prediction, self._model.trained_on(joke.id))
        return JokeAndPrediction(joke=joke, prediction=prediction, degraded=False)

    async def classify(self, text: str) -> Prediction:
        """The language of a visitor's text. Raises BackendError."""
        return await self._model.classify(text, self._deadline)


async def visit(request: Request) -> Visit:
    """The visit that a request makes, over the backends of the app's lifespan. Async, or FastAPI would use a thread."""
    state = request.app.state
    return Visit(state.joker, state.model, state.deadline_seconds)


AVisit = Annotated[Visit, Depends(visit)]
