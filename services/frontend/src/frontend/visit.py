"""What both the page and the API do for a visitor, within one deadline."""

from typing import Annotated

import structlog
from fastapi import Depends, Request
from servicekit import BackendError

from .accuracy import judge
from .answers import read
from .card import Card
from .deadline import Deadline
from .joker import Joker, Told
from .model import Judgement, Model
from .openapi import Document
from .rounds import Round
from .schemas import Joke, JokeAndPrediction, Prediction
from .turn import language_to_ask

log = structlog.get_logger(__name__)

RETRY_AFTER = {"retry-after": "2"}
"""Seconds after which a visitor may find a backend back: a pod that died is replaced in about that time."""

DRAWS = 3
"""How often a joke is drawn before one that was in the round already is taken all the same."""


class Visit:
    """One request of a visitor, whose time runs from when it is made."""

    def __init__(self, joker: Joker, model: Model, seconds: float) -> None:
        self._joker, self._model = joker, model
        self._deadline = Deadline(seconds)
        self._card: Card | None = None
        self._asked_for_card = False

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

    async def explain(self, text: str) -> Judgement:
        """The same, with the letters that spoke for it. Raises BackendError."""
        return await self._model.explain(text, self._deadline)

    async def next_joke(self, so_far: Round) -> Joke:
        """A joke that is new to the round, as far as a few draws give one. Raises BackendError."""
        card = await self.known_card()
        for _ in range(DRAWS):
            joke = await self._joker.random(self._deadline, language_to_ask(card))
            if not so_far.has(joke.id):
                break
        return joke

    async def joke_of(self, joke_id: str) -> Joke | None:
        """The joke of this id; None when there is none. Raises BackendError."""
        return await self._joker.by_id(joke_id, self._deadline)

    async def reveal(self, joke: Joke) -> Judgement | None:
        """What the model makes of a joke; None when it does not answer in time."""
        try:
            judgement = await self._model.explain(joke.text, self._deadline)
        except BackendError as error:
            log.warning("degraded", backend=error.backend, reason=str(error))
            return None
        judge(joke, judgement.prediction, self._model.trained_on(joke.id))
        return judgement

    async def tell(self) -> Told:
        """A random joke, and who told it. Raises BackendError."""
        return await self._joker.tell(self._deadline)

    async def document(self, service: str) -> Document:
        """The OpenAPI document of a backend. Raises BackendError."""
        backend = {"joker": self._joker.backend, "model": self._model.backend}[service]
        return read(backend, await backend.request("GET", "/openapi.json", deadline=self._deadline.left()), Document)

    async def card(self) -> Card:
        """The model's card as it is now. Raises BackendError."""
        return await self._model.card(self._deadline)

    async def known_card(self) -> Card | None:
        """The model's card for a page that can do without."""
        if not self._asked_for_card:  # once a visit, since a model that is away makes it wait
            self._asked_for_card = True
            self._card = await self._model.known_card(self._deadline)
        return self._card

    def trained_on(self, joke: Joke) -> bool | None:
        """Whether the model saw this joke in training; None while nobody knows."""
        return self._model.trained_on(joke.id)


async def visit(request: Request) -> Visit:
    """The visit that a request makes, over the backends of the app's lifespan. Async, or FastAPI would use a thread."""
    state = request.app.state
    return Visit(state.joker, state.model, state.deadline_seconds)


AVisit = Annotated[Visit, Depends(visit)]
