"""What an inference request asks: any Content-Type, JSON and binary parts, and clear refusals.

A plain request, texts in JSON and nothing else, is decoded straight into its type. Whatever else comes is parsed by
hand, the same request with the same result, so that a refusal can name the field.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from . import binary
from .errors import bad

MAX_ROWS = 1024
DEFAULT = {"language": False, "probabilities": False, "abstained": False}
"""The outputs of a request that names none, in JSON."""
EVIDENCE = "evidence"
OUTPUTS = (*DEFAULT, EVIDENCE)
TEXT_CONTENT_TYPES = ("str", "np")
"""MLServer's content types that leave a text as it is."""


@dataclass(slots=True)
class InferenceRequest:
    """`outputs` maps each name asked for to whether it goes out as binary data."""

    id: str | None
    texts: list[str]
    outputs: dict[str, bool]


def parse(body: bytes, header_length: str | None) -> InferenceRequest:
    """Read an inflated body; raises ServiceError 400 that names the field."""
    if header_length is None and (plain := _plain(body)):
        return plain
    head, tail = binary.split(body, header_length)
    document = _object(_decode(head), "body")
    id_ = document.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise bad("body.id", "must be a string")
    parameters = _parameters(document, "body.parameters")
    return InferenceRequest(
        id_,
        _texts(document.get("inputs"), tail),
        _outputs(document.get("outputs"), _flag(parameters, "binary_data_output", "body.parameters", default=False)),
    )


class _PlainTensor(msgspec.Struct, forbid_unknown_fields=True):
    name: Literal["text"]
    datatype: Literal["BYTES"]
    shape: tuple[int]
    data: list[str]


class _PlainRequest(msgspec.Struct, forbid_unknown_fields=True):
    inputs: tuple[_PlainTensor]
    id: str | None = None


_decode_plain = msgspec.json.Decoder(_PlainRequest).decode
_decode_any = msgspec.json.Decoder().decode
_UNLIKED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def _plain(body: bytes) -> InferenceRequest | None:
    try:
        request = _decode_plain(body)
    except _UNLIKED:
        return None
    (tensor,) = request.inputs
    (rows,) = tensor.shape
    if rows != len(tensor.data) or not 1 <= rows <= MAX_ROWS:
        return None
    return InferenceRequest(request.id, tensor.data, DEFAULT)


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


def _texts(inputs: object, tail: bytes) -> list[str]:
    if not isinstance(inputs, list) or not inputs:
        raise bad("body.inputs", "must be a list with the input 'text'")
    for i, item in enumerate(inputs):
        if _object(item, f"body.inputs.{i}").get("name") != "text":
            raise bad(f"body.inputs.{i}.name", "must be 'text'")
    if len(inputs) > 1:
        raise bad("body.inputs.1.name", "the input 'text' is given twice")
    at = "body.inputs.0"
    tensor = inputs[0]
    if tensor.get("datatype") != "BYTES":
        raise bad(f"{at}.datatype", "must be 'BYTES'")
    rows = _rows(tensor.get("shape"), f"{at}.shape")
    parameters = _parameters(tensor, f"{at}.parameters")
    if parameters.get("content_type", "str") not in TEXT_CONTENT_TYPES:
        raise bad(f"{at}.parameters.content_type", "must be 'str'")
    size = parameters.get("binary_data_size")
    data = tensor.get("data")
    if size is None:
        if tail:
            raise bad(f"{at}.parameters.binary_data_size", f"is missing, but {len(tail)} bytes follow the JSON")
        return _json_texts(data, rows, len(tensor["shape"]), f"{at}.data")
    if data is not None:
        raise bad(f"{at}.data", "must be absent when binary_data_size is given")
    if type(size) is not int or size != len(tail):
        raise bad(f"{at}.parameters.binary_data_size", f"must be {len(tail)}, the number of bytes after the JSON")
    return binary.decode_texts(tail, rows, at)


def _rows(shape: object, field: str) -> int:
    if not isinstance(shape, list) or any(type(size) is not int for size in shape):
        raise bad(field, "must be a list of integers")
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
        raise bad(field, "must be [n] or [n, 1]")
    if not 1 <= shape[0] <= MAX_ROWS:
        raise bad(field, f"n must be from 1 to {MAX_ROWS}")
    return int(shape[0])


def _json_texts(data: object, rows: int, rank: int, field: str) -> list[str]:
    if not isinstance(data, list):
        raise bad(field, "must be a list of strings")
    if rank == 2:  # row-major data may be nested or flat
        data = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in data]
    if len(data) != rows:
        raise bad(field, f"has {len(data)} elements, but the shape says {rows}")
    for row, text in enumerate(data):
        if not isinstance(text, str):
            raise bad(f"{field}.{row}", "must be a string")
    return data


def _outputs(outputs: object, binary_by_default: bool) -> dict[str, bool]:
    if outputs is None or outputs == []:
        return dict.fromkeys(DEFAULT, binary_by_default)
    if not isinstance(outputs, list):
        raise bad("body.outputs", "must be a list")
    wanted: dict[str, bool] = {}
    for i, item in enumerate(outputs):
        at = f"body.outputs.{i}"
        name = _object(item, at).get("name")
        if name not in OUTPUTS:
            raise bad(f"{at}.name", f"must be one of {', '.join(OUTPUTS)}")
        if name in wanted:
            raise bad(f"{at}.name", f"the output '{name}' is given twice")
        parameters = _parameters(item, f"{at}.parameters")
        wanted[name] = _flag(parameters, "binary_data", f"{at}.parameters", default=binary_by_default)
    return wanted


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
