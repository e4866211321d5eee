"""What an inference request asks: any Content-Type, JSON and binary parts, and clear refusals.

A plain request, one tensor in JSON and nothing else, is decoded straight into its type. Whatever else comes is parsed
by hand, the same request with the same result, so that a refusal can name the field.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from . import binary
from .errors import bad
from .runtime import Runtime
from .tensors import WORDS, Tensor, Value

MAX_ROWS = 1024
CONTENT_TYPES = ("str", "np")
"""MLServer's content types that leave values as they are; `str` is for texts."""
PYTHON = {"BYTES": str, "BOOL": bool, "INT32": int, "INT64": int, "FP32": float, "FP64": float}


@dataclass(slots=True)
class InferenceRequest:
    """`inputs` have `rows` rows each; `outputs` maps each name asked for to whether it goes out as binary data."""

    id: str | None
    rows: int
    inputs: dict[str, list[Value]]
    outputs: dict[str, bool]


class Parser:
    """Reads requests to one model."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._inputs = {tensor.name: tensor for tensor in runtime.inputs}
        self._outputs = {tensor.name: tensor for tensor in runtime.outputs}
        self.default = {tensor.name: False for tensor in runtime.outputs if tensor.default}
        """The outputs of a request that names none, in JSON."""
        self._decode_plain = _plain_decoder(runtime.inputs[0]) if len(runtime.inputs) == 1 else None
        self._first = runtime.inputs[0]
        self._width = self._first.width

    def parse(self, body: bytes, header_length: str | None) -> InferenceRequest:
        """Read an inflated body; raises ServiceError 400 that names the field."""
        if header_length is None and self._decode_plain and (plain := self._plain(body, self._decode_plain)):
            return plain
        head, tail = binary.split(body, header_length)
        document = _object(_decode(head), "body")
        id_ = document.get("id")
        if id_ is not None and not isinstance(id_, str):
            raise bad("body.id", "must be a string")
        parameters = _parameters(document, "body.parameters")
        as_binary = _flag(parameters, "binary_data_output", "body.parameters", default=False)
        rows, inputs = self._tensors(document.get("inputs"), tail)
        return InferenceRequest(id_, rows, inputs, self._wanted(document.get("outputs"), as_binary))

    def _plain(self, body: bytes, decode: Callable[[bytes], Any]) -> InferenceRequest | None:
        try:
            request = decode(body)
        except _UNLIKED:
            return None
        (tensor,) = request.inputs
        first, width, data = self._first, self._width, tensor.data
        rows = len(data) // width
        if tensor.shape != (rows, *first.shape[1:]) or len(data) != rows * width or not 1 <= rows <= MAX_ROWS:
            return None
        if first.datatype != "BYTES" and not all(map(first.takes, data)):
            return None
        return InferenceRequest(request.id, rows, {first.name: data}, self.default)

    def _tensors(self, inputs: object, tail: bytes) -> tuple[int, dict[str, list[Value]]]:
        names = ", ".join(map(repr, self._inputs))
        if not isinstance(inputs, list) or not inputs:
            raise bad("body.inputs", f"must be a list with the input{'s' * (len(self._inputs) > 1)} {names}")
        for i, item in enumerate(inputs):
            name = _object(item, f"body.inputs.{i}").get("name")
            if not isinstance(name, str) or name not in self._inputs:
                raise bad(f"body.inputs.{i}.name", f"must be {'one of ' * (len(self._inputs) > 1)}{names}")
            if name in [earlier["name"] for earlier in inputs[:i]]:
                raise bad(f"body.inputs.{i}.name", f"the input '{name}' is given twice")
        for name in self._inputs:
            if name not in [item["name"] for item in inputs]:
                raise bad("body.inputs", f"the input '{name}' is missing")
        values: dict[str, list[Value]] = {}
        tails = _Tail(inputs, tail)
        rows = 0
        for i, item in enumerate(inputs):
            tensor, at = self._inputs[item["name"]], f"body.inputs.{i}"
            count = _count(item, tensor, at)
            if i and count != rows:
                raise bad(f"{at}.shape", f"has {count} rows, but the input '{inputs[0]['name']}' has {rows}")
            rows = count
            values[tensor.name] = _values(item, tensor, rows, at, tails)
        return rows, values

    def _wanted(self, outputs: object, binary_by_default: bool) -> dict[str, bool]:
        if outputs is None or outputs == []:
            return dict.fromkeys(self.default, binary_by_default)
        if not isinstance(outputs, list):
            raise bad("body.outputs", "must be a list")
        wanted: dict[str, bool] = {}
        for i, item in enumerate(outputs):
            at = f"body.outputs.{i}"
            name = _object(item, at).get("name")
            if not isinstance(name, str) or name not in self._outputs:
                raise bad(f"{at}.name", f"must be one of {', '.join(self._outputs)}")
            if name in wanted:
                raise bad(f"{at}.name", f"the output '{name}' is given twice")
            parameters = _parameters(item, f"{at}.parameters")
            wanted[name] = _flag(parameters, "binary_data", f"{at}.parameters", default=binary_by_default)
        return wanted


class _Tail:
    """The bytes after the JSON: those of the tensors that have a `binary_data_size`, one after the other."""

    def __init__(self, inputs: list[dict[str, Any]], tail: bytes) -> None:
        self._left = tail
        self._tensors = 0
        for i, item in enumerate(inputs):
            parameters = _parameters(item, f"body.inputs.{i}.parameters")
            self._tensors += parameters.get("binary_data_size") is not None
        if tail and not self._tensors:
            raise bad("body.inputs.0.parameters.binary_data_size", f"is missing, but {len(tail)} bytes follow the JSON")

    def take(self, size: object, field: str) -> bytes:
        """The next tensor's; the last one must take all that is left."""
        self._tensors -= 1
        left = len(self._left)
        if type(size) is not int or not 0 <= size <= left or (not self._tensors and size != left):
            at_most = "at most " if self._tensors else ""
            raise bad(field, f"must be {at_most}{left}, the number of bytes after the JSON")
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _plain_decoder(tensor: Tensor) -> Callable[[bytes], Any]:
    shape: Any = tuple.__class_getitem__((int,) * len(tensor.shape))
    kind = PYTHON[tensor.datatype]
    fields: list[Any] = [
        ("name", Literal[tensor.name]),
        ("datatype", Literal[tensor.datatype]),
        ("shape", shape),
        ("data", list[kind]),  # type: ignore[valid-type]
    ]
    plain = msgspec.defstruct("PlainTensor", fields, forbid_unknown_fields=True)
    whole: list[Any] = [("inputs", tuple[plain]), ("id", str | None, None)]  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("PlainRequest", whole, forbid_unknown_fields=True)).decode


_decode_any = msgspec.json.Decoder().decode
_UNLIKED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def _decode(head: bytes) -> object:
    try:
        return _decode_any(head)
    except _UNLIKED:  # json takes more, such as a lone surrogate
        pass
    try:
        return json.loads(head.decode(), parse_constant=_no_constant)
    except RecursionError:
        raise bad("body", "is nested too deeply") from None
    except ValueError:  # not UTF-8, not JSON, NaN, or an integer of thousands of digits
        raise bad("body", "is not valid JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _count(item: dict[str, Any], tensor: Tensor, at: str) -> int:
    """The number of rows."""
    if item.get("datatype") != tensor.datatype:
        raise bad(f"{at}.datatype", f"must be '{tensor.datatype}'")
    shape, field = item.get("shape"), f"{at}.shape"
    if not isinstance(shape, list) or any(type(size) is not int for size in shape):
        raise bad(field, "must be a list of integers")
    column = tensor.shape == (-1,) and shape[1:] == [1]
    if len(shape) != len(tensor.shape) + column or (tuple(shape[1:]) != tensor.shape[1:] and not column):
        raise bad(field, f"must be {shapes(tensor)}")
    if not 1 <= shape[0] <= MAX_ROWS:
        raise bad(field, f"n must be from 1 to {MAX_ROWS}")
    return int(shape[0])


def shapes(tensor: Tensor) -> str:
    """Which shapes a tensor may be sent in."""
    return "[n] or [n, 1]" if tensor.shape == (-1,) else f"[{', '.join(['n', *map(str, tensor.shape[1:])])}]"


def _values(item: dict[str, Any], tensor: Tensor, rows: int, at: str, tails: _Tail) -> list[Value]:
    parameters = _parameters(item, f"{at}.parameters")
    texts = tensor.datatype == "BYTES"
    if parameters.get("content_type", "np") not in (CONTENT_TYPES if texts else CONTENT_TYPES[1:]):
        raise bad(f"{at}.parameters.content_type", f"must be '{'str' if texts else 'np'}'")
    size = parameters.get("binary_data_size")
    data = item.get("data")
    if size is None:
        return _from_json(data, tensor, rows, len(item["shape"]), f"{at}.data")
    if data is not None:
        raise bad(f"{at}.data", "must be absent when binary_data_size is given")
    taken = tails.take(size, f"{at}.parameters.binary_data_size")
    return binary.decode(tensor, taken, rows * tensor.width, at)


def _from_json(data: object, tensor: Tensor, rows: int, rank: int, field: str) -> list[Value]:
    if not isinstance(data, list):
        raise bad(field, f"must be a list of {'strings' if tensor.datatype == 'BYTES' else 'numbers'}")
    if rank > 1 and tensor.width == 1:  # row-major data may be nested or flat
        data = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in data]
    else:
        for size in tensor.shape[1:]:
            if data and all(isinstance(row, list) and len(row) == size for row in data):
                data = [value for row in data for value in row]
    count = rows * tensor.width
    if len(data) != count:
        raise bad(field, f"has {len(data)} elements, but the shape says {count}")
    for i, value in enumerate(data):
        if not tensor.takes(value):
            raise bad(f"{field}.{i}", f"must be {WORDS[tensor.datatype]}")
    return [float(value) for value in data] if tensor.datatype.startswith("FP") else data


def _object(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad(field, "must be an object")
    return value


def _parameters(owner: dict[str, Any], field: str) -> dict[str, Any]:
    value = owner.get("parameters")
    return {} if value is None else _object(value, field)


def _flag(parameters: dict[str, Any], name: str, field: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise bad(f"{field}.{name}", "must be true or false")
    return value
