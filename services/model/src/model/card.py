"""What of the model card other services may rely on."""

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    """More may stand in the card; what is named here stays."""

    model_config = ConfigDict(extra="allow")


class Bin(_Open):
    """Texts that the model was about equally sure of."""

    texts: int
    confidence: float = Field(description="On average")
    accuracy: float


class Metrics(_Open):
    """How good the model is on one set of texts."""

    texts: int
    accuracy: float
    majority_baseline: float = Field(description="Accuracy of always answering the most frequent language")
    macro_f1: float
    coverage: float = Field(description="Share of texts that it answers")
    accuracy_when_answering: float
    recall: dict[str, float] = Field(description="By language")
    support: dict[str, int] = Field(description="Texts by language")
    calibration: list[Bin] = Field([], description="Of the folds alone")
    confusion: dict[str, dict[str, float]] = Field({}, description="By true language, the mean probability of each")


class Evaluations(_Open):
    """Three ways to judge."""

    by_group_folds: Metrics
    held_out: Metrics
    untouched: Metrics = Field(description="Sentences that were used in no step")


class Thresholds(_Open):
    """Below any of them the model abstains."""

    letters: int
    known: float
    confidence: float


class Data(_Open):
    """What the model was trained on."""

    source: str
    jokes: int
    groups: int


class Card(_Open):
    """The model card: how the model was trained, how good it is, where it fails."""

    name: str
    version: str = Field(description="Of the weights: another one may answer differently")
    languages: list[str] = Field(description="The columns of the output `probabilities`, in order")
    thresholds: Thresholds
    metrics: Evaluations
    data: Data
    versions: dict[str, str] = Field(description="Of the packages it was trained with")
    limits: list[str] = Field(description="What it cannot do")
    held_out: list[str] = Field(description="Ids of the jokes that it was not trained on")
    folds: dict[str, int] = Field(description="The fold of each joke that there was at training, by id")
