"""What a model has to say of itself, and to do, to be served."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from .tensors import Inputs, Tensor, Values

P = TypeVar("P")


class Runtime(Protocol[P]):
    """A model of one version. P is whatever `predict` makes, for the model's own use."""

    @property
    def name(self) -> str:
        """Its name in URLs."""

    @property
    def version(self) -> str:
        """Another one may answer differently."""

    @property
    def platform(self) -> str:
        """What computes: `numpy`."""

    @property
    def summary(self) -> str:
        """What inference answers, in the API document."""

    @property
    def inputs(self) -> Sequence[Tensor]:
        """All of them must be sent."""

    @property
    def outputs(self) -> Sequence[Tensor]:
        """What can be asked for."""

    def predict(self, inputs: Inputs) -> P:
        """Judge the rows. May run in a thread, one at a time. Any values of the datatypes come here."""

    def output(self, name: str, predictions: P) -> Values:
        """One of `outputs`, asked for by a client."""

    def observe(self, predictions: P) -> None:
        """Count what is about to be answered; on the event loop."""
