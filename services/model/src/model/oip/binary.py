"""The binary tensor data extension: BYTES elements are a 4-byte little-endian length and the bytes."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .errors import bad

LENGTH = struct.Struct("<I")
NUMPY = {"FP32": "<f4", "BOOL": "?"}


def split(body: bytes, header: str | None) -> tuple[bytes, bytes]:
    """The JSON part and the binary part of a body; `header` is Inference-Header-Content-Length, in bytes."""
    if header is None:
        return body, b""
    field = "header.inference-header-content-length"
    if not (header.isascii() and header.isdigit() and len(header) <= 12):
        raise bad(field, "must be a number of bytes")
    length = int(header)
    if length > len(body):
        raise bad(field, f"is {length}, but the body has {len(body)} bytes")
    return body[:length], body[length:]


def decode_texts(data: bytes, count: int, field: str) -> list[str]:
    """Exactly `count` UTF-8 texts that fill `data`."""
    texts = []
    at = 0
    for row in range(count):
        start = at + LENGTH.size
        if start > len(data):
            raise bad(field, f"the binary data ends before element {row}")
        (length,) = LENGTH.unpack_from(data, at)
        at = start + length
        if at > len(data):
            raise bad(field, f"element {row} says it has {length} bytes, but {len(data) - start} are left")
        try:
            texts.append(data[start:at].decode())
        except UnicodeDecodeError:
            raise bad(field, f"element {row} is not UTF-8") from None
    if at != len(data):
        raise bad(field, f"{len(data) - at} bytes are left over after {count} elements")
    return texts


def encode(datatype: str, values: Sequence[Any]) -> bytes:
    """The elements as bytes; BYTES are texts without lone surrogates."""
    return encode_texts(values) if datatype == "BYTES" else np.array(values, NUMPY[datatype]).tobytes()


def encode_texts(texts: Iterable[str]) -> bytes:
    """BYTES elements; texts must have no lone surrogates."""
    return b"".join(LENGTH.pack(len(raw)) + raw for raw in (text.encode() for text in texts))
