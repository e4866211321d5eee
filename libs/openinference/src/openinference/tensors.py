"""Tensors: names, datatypes and shapes, as the protocol has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, prod

Value = str | float | bool
Values = Sequence[Value]
"""The elements of a tensor in row-major order."""

Inputs = Mapping[str, list[Value]]

NUMPY = {"BOOL": "?", "INT32": "<i4", "INT64": "<i8", "FP32": "<f4", "FP64": "<f8"}
"""By datatype; BYTES, which are texts here, have a format of their own."""

LARGEST = {"INT32": 2**31 - 1, "INT64": 2**63 - 1, "FP32": 3.4028234663852886e38, "FP64": 1.7976931348623157e308}

WORDS = {
    "BYTES": "a string",
    "BOOL": "true or false",
    "INT32": "an integer of 32 bits",
    "INT64": "an integer of 64 bits",
    "FP32": "a finite number of 32 bits",
    "FP64": "a finite number",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output. Of its `shape` the first size is -1, any number of rows; the others are what they are.

    An output that is not `default` is given to those who ask for it. One that is `slow` takes long to compute.
    """

    name: str
    datatype: str
    shape: tuple[int, ...] = (-1,)
    default: bool = True
    slow: bool = False

    @property
    def width(self) -> int:
        """How many elements a row has."""
        return prod(self.shape[1:])

    def sized(self, rows: int) -> list[int]:
        """Its shape with so many rows."""
        return [rows, *self.shape[1:]]

    def takes(self, value: object) -> bool:
        """Whether this is an element of the datatype."""
        kind = self.datatype
        if kind == "BYTES":
            return isinstance(value, str)
        if kind == "BOOL" or isinstance(value, bool):
            return kind == "BOOL" and isinstance(value, bool)
        if isinstance(value, int):
            return abs(value) <= LARGEST[kind]
        return kind.startswith("FP") and isinstance(value, float) and isfinite(value) and abs(value) <= LARGEST[kind]
