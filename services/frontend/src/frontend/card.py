"""The model's card, as far as it is used here; what only some pages need may be missing, since older models lack it."""

from pydantic import BaseModel, Field

from .schemas import LanguageCode, Probability


class Bin(BaseModel):
    """Texts that the model was about equally sure of, and how many of them it got right."""

    texts: int = Field(ge=0)
    confidence: Probability
    accuracy: Probability


class Metrics(BaseModel):
    """How good the model is on one set of texts."""

    texts: int
    accuracy: Probability
    majority_baseline: Probability
    macro_f1: Probability
    coverage: Probability
    accuracy_when_answering: Probability
    recall: dict[LanguageCode, Probability] = {}
    support: dict[LanguageCode, int] = {}
    calibration: list[Bin] = []
    confusion: dict[LanguageCode, dict[LanguageCode, Probability]] = {}


class Evaluations(BaseModel):
    """Three ways to judge: by folds over all jokes, on jokes kept from training, on sentences used in no step."""

    by_group_folds: Metrics | None = None
    held_out: Metrics | None = None
    untouched: Metrics | None = None


class Thresholds(BaseModel):
    """Below any of them the model abstains."""

    letters: int = 0
    known: Probability = 0.0
    confidence: Probability = 0.0


class Data(BaseModel):
    """What the model was trained on."""

    source: str
    jokes: int
    groups: int


class Card(BaseModel):
    """The card.

    `languages` are the columns of `probabilities`, in order. `folds` has every joke that the model was judged by, and
    `held_out` those of them that were kept from its training.
    """

    version: str = ""
    languages: list[LanguageCode] = Field(min_length=1)
    held_out: frozenset[str] = frozenset()
    folds: dict[str, int] = {}
    thresholds: Thresholds = Thresholds()
    metrics: Evaluations = Evaluations()
    data: Data | None = None
    versions: dict[str, str] = {}
    limits: list[str] = []

    def trained_on(self, joke_id: str) -> bool:
        """Whether a joke was in the training set: not one that was held out, nor one that is newer than the model."""
        return joke_id not in self.held_out and (not self.folds or joke_id in self.folds)

    @property
    def jokes(self) -> dict[str, int]:
        """How many jokes of each language there are, as far as the card says."""
        return self.metrics.by_group_folds.support if self.metrics.by_group_folds else {}

    @property
    def confusion(self) -> dict[str, dict[str, float]]:
        """By true language, the mean probability of each."""
        return self.metrics.by_group_folds.confusion if self.metrics.by_group_folds else {}
