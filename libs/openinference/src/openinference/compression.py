"""gzip and deflate bodies. `deflate` is the zlib format (RFC 9110, section 8.4.1.2)."""

import zlib

from servicekit import ServiceError

from .errors import bad

WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
MAX_MEMBERS = 64
"""Each member copies what follows it: a megabyte of empty ones would take seconds."""
LEAST_BYTES = 512
"""Smaller answers are not worth compressing."""
LEVEL = 1


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """`body` without its Content-Encoding; never holds more than `limit` bytes of it, 413 beyond."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in WBITS:
        raise ServiceError(415, "unsupported_encoding", "header.content-encoding: must be gzip, deflate or identity")
    parts: list[bytes] = []
    left = limit
    try:
        for _ in range(MAX_MEMBERS):  # a gzip body may be several members
            stream = zlib.decompressobj(WBITS[encoding])
            part = stream.decompress(body, left + 1)
            left -= len(part)
            if left < 0:
                raise ServiceError(413, "body_too_large", f"The body inflates to more than {limit} bytes.")
            parts.append(part)
            if not stream.eof:
                raise bad("body", f"the {encoding} data is truncated")
            body = stream.unused_data
            if not body:
                return b"".join(parts)
    except zlib.error:
        raise bad("body", f"is not {encoding} data") from None
    raise bad("body", f"the {encoding} data has more than {MAX_MEMBERS} parts")


def accepted(header: str) -> str | None:
    """The coding to answer in: gzip before deflate, None when the client asks for neither."""
    wanted = set()
    for item in header.lower().split(","):
        coding, _, weight = item.partition(";")
        if weight.replace(" ", "").removeprefix("q=").strip("0.") or not weight:
            wanted.add(coding.strip())
    return next((coding for coding in ("gzip", "deflate") if coding in wanted), None)


def deflate(body: bytes, coding: str) -> bytes:
    """`body` in `coding`, which `accepted` gave."""
    stream = zlib.compressobj(LEVEL, wbits=WBITS[coding])
    return stream.compress(body) + stream.flush()
