"""Predictions from the service model, by the Open Inference Protocol v2, and its card."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from servicekit import Backend, BackendBadAnswer, BackendError, BackendTimeout

from .answers import read
from .card import Card
from .deadline import Deadline
from .languages import NAMES
from .schemas import Prediction

CARD_SECONDS = 0.5
"""Longest that a page waits for the card when it can do without."""

Evidence = list[tuple[str, Annotated[float, Field(allow_inf_nan=False)]]]
"""The n-grams that spoke for the answer, with their log-odds."""

EVIDENCE: TypeAdapter[Evidence] = TypeAdapter(Evidence)


class Output(BaseModel):
    """A tensor of an inference answer. `data` is flat or nested: both are in the protocol."""

    name: str
    data: list[Any]


class Inference(BaseModel):
    """An inference answer, as far as it is used here."""

    model_version: str | None = None
    outputs: list[Output]


@dataclass(frozen=True)
class Judgement:
    """A prediction and what it rests on. `server` is who made it, by the answer's own header."""

    prediction: Prediction
    evidence: Evidence
    server: str


class Model:
    """The service model."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._card: tuple[str | None, Card] | None = None

    async def classify(self, text: str, deadline: Deadline) -> Prediction:
        """Which language `text` is in. Raises BackendError, BackendTimeout also when no time is left to ask."""
        return (await self._judge(text, ("language", "probabilities", "abstained"), deadline)).prediction

    async def explain(self, text: str, deadline: Deadline) -> Judgement:
        """The same, with the letters that spoke for it. Raises BackendError."""
        return await self._judge(text, ("language", "probabilities", "abstained", "evidence"), deadline)

    async def card(self, deadline: Deadline) -> Card:
        """The card as it is now. Raises BackendError."""
        card = read(self.backend, await self.backend.request("GET", "/v1/card", deadline=deadline.left()), Card)
        self._card = card.version or None, card
        return card

    async def known_card(self, deadline: Deadline) -> Card | None:
        """The card that was read last, or now if none was; None when model does not give it soon."""
        if self._card is None:
            try:
                return await self.card(Deadline(min(CARD_SECONDS, deadline.left())))
            except BackendError:
                return None
        return self._card[1]

    def trained_on(self, joke_id: str) -> bool | None:
        """Whether the model saw this joke in training; None while its card is not known."""
        return self._card[1].trained_on(joke_id) if self._card else None

    async def _judge(self, text: str, outputs: tuple[str, ...], deadline: Deadline) -> Judgement:
        if not deadline.left():
            raise BackendTimeout(self.backend.name, "no time left to ask")
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
        response = await self.backend.request(
            "POST",
            "/v2/models/joke-language/infer",
            json={"inputs": [tensor], "outputs": [{"name": name} for name in outputs]},
            deadline=deadline.left(),
            idempotent=True,
        )
        inference = read(self.backend, response, Inference)
        columns = await self._languages(inference.model_version, deadline)
        try:
            data = {output.name: output.data for output in inference.outputs}
            evidence = EVIDENCE.validate_json(data["evidence"][0]) if "evidence" in outputs else []
            return Judgement(_prediction(data, columns), evidence, response.headers.get("server", ""))
        except (ValidationError, ValueError, KeyError, IndexError, TypeError):
            raise BackendBadAnswer(self.backend.name, "outputs that make no prediction") from None

    async def _languages(self, version: str | None, deadline: Deadline) -> list[str]:
        # Asked once a version of the model, since another version may know other languages.
        if self._card is None or self._card[0] != version:
            try:
                card = await self.card(deadline)
            except BackendError:
                return sorted(NAMES)  # what a model without a card is taken to know; asked again next time
            self._card = version, card
        return self._card[1].languages


def _prediction(outputs: dict[str, list[Any]], columns: list[str]) -> Prediction:
    (language,), (abstained,) = outputs["language"], outputs["abstained"]
    row = outputs["probabilities"]
    if len(row) == 1 and isinstance(row[0], list):
        row = row[0]
    prediction = Prediction(
        language=None if abstained else language,
        abstained=abstained,
        probabilities=dict(zip(columns, row, strict=True)),
    )
    if not abstained and language not in prediction.probabilities:
        raise ValueError("an answer that is not among the languages")
    return prediction
