"""Predictions from the service model, by the Open Inference Protocol v2."""

from typing import Any

from pydantic import BaseModel, Field, ValidationError
from servicekit import Backend, BackendBadAnswer, BackendError, BackendTimeout

from .answers import read
from .deadline import Deadline
from .languages import NAMES
from .schemas import LanguageCode, Prediction


class Output(BaseModel):
    """A tensor of an inference answer. `data` is flat or nested: both are in the protocol."""

    name: str
    data: list[Any]


class Inference(BaseModel):
    """An inference answer, as far as it is used here."""

    model_version: str | None = None
    outputs: list[Output]


class Card(BaseModel):
    """The model card, as far as it is used here: the columns of `probabilities`, and the jokes kept from training."""

    languages: list[LanguageCode] = Field(min_length=1)
    held_out: frozenset[str] = frozenset()


class Model:
    """The service model."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._card: tuple[str | None, Card] | None = None

    async def classify(self, text: str, deadline: Deadline) -> Prediction:
        """Which language `text` is in. Raises BackendError, BackendTimeout also when no time is left to ask."""
        if not deadline.left():
            raise BackendTimeout(self._backend.name, "no time left to ask")
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
        response = await self._backend.request(
            "POST",
            "/v2/models/joke-language/infer",
            json={"inputs": [tensor]},
            deadline=deadline.left(),
            idempotent=True,
        )
        inference = read(self._backend, response, Inference)
        columns = await self._languages(inference.model_version, deadline)
        try:
            return _prediction(inference, columns)
        except (ValidationError, ValueError, KeyError, IndexError, TypeError):
            raise BackendBadAnswer(self._backend.name, "outputs that make no prediction") from None

    def trained_on(self, joke_id: str) -> bool | None:
        """Whether the model saw this joke in training; None while its card is not known."""
        return joke_id not in self._card[1].held_out if self._card else None

    async def _languages(self, version: str | None, deadline: Deadline) -> list[str]:
        # Asked once a version of the model, since another version may know other languages.
        if self._card is None or self._card[0] != version:
            try:
                response = await self._backend.request("GET", "/v1/card", deadline=deadline.left())
                self._card = version, read(self._backend, response, Card)
            except BackendError:
                return sorted(NAMES)  # what a model without a card is taken to know; asked again next time
        return self._card[1].languages


def _prediction(inference: Inference, columns: list[str]) -> Prediction:
    outputs = {output.name: output.data for output in inference.outputs}
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
