"""Predictions as an inference response, in JSON or with binary tensors after it."""

import json
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from . import binary
from .request import InferenceRequest
from .runtime import Runtime
from .tensors import Tensor, Values

P = TypeVar("P")


class _Output(msgspec.Struct, omit_defaults=True):
    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: Values | msgspec.Raw | None = None


class _Answer(msgspec.Struct, omit_defaults=True):
    model_name: str
    model_version: str
    outputs: list[_Output]
    id: str | None = None


class Responder(Generic[P]):
    """Writes the answers of one model."""

    def __init__(self, runtime: Runtime[P]) -> None:
        self._runtime = runtime
        self._outputs = {tensor.name: tensor for tensor in runtime.outputs}
        self._default = {tensor.name: False for tensor in runtime.outputs if tensor.default}
        self._frame = lru_cache(64)(self._make_frame)

    def respond(self, request: InferenceRequest, predictions: P) -> tuple[bytes, int | None]:
        """The body, and the length of its JSON part when binary data follows."""
        if request.id is None and request.outputs == self._default:
            # What is asked for most: for as many rows it is the same but for the data, so that only this is encoded.
            data = [_encoder.encode(self._runtime.output(name, predictions)) for name in self._default]
            return self._frame(request.rows) % tuple(data), None
        outputs: list[_Output] = []
        tail: list[bytes] = []
        for name, as_binary in request.outputs.items():
            tensor = self._outputs[name]
            output = _output(tensor, request.rows)
            given = self._runtime.output(name, predictions)
            if as_binary:
                tail.append(binary.encode(tensor.datatype, given))
                output.parameters = {**(output.parameters or {}), "binary_data_size": len(tail[-1])}
            else:
                output.data = given
            outputs.append(output)
        head = _encode(_Answer(self._runtime.name, self._runtime.version, outputs, request.id))
        return (head + b"".join(tail), len(head)) if tail else (head, None)

    def _make_frame(self, rows: int) -> bytes:
        outputs = [_output(self._outputs[name], rows) for name in self._default]
        for output in outputs:
            output.data = msgspec.Raw(b"\0")
        frame = _encoder.encode(_Answer(self._runtime.name, self._runtime.version, outputs))
        return frame.replace(b"%", b"%%").replace(b"\0", b"%b")


def _output(tensor: Tensor, rows: int) -> _Output:
    # As MLServer's clients have it.
    parameters = {"content_type": "str"} if tensor.datatype == "BYTES" else None
    return _Output(tensor.name, tensor.datatype, tensor.sized(rows), parameters)


def _encode(answer: _Answer) -> bytes:
    try:
        return _encoder.encode(answer)
    except UnicodeEncodeError:  # ASCII, so that a lone surrogate in the id goes back as the escape it came as
        return json.dumps(msgspec.to_builtins(answer), allow_nan=False, separators=(",", ":")).encode()


_encoder = msgspec.json.Encoder()
