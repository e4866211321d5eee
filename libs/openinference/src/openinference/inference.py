"""Inference: a body and its headers in, a body and its headers out."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from servicekit import ServiceError, direct

from . import compression
from .request import InferenceRequest, Parser
from .response import Responder
from .runtime import Runtime

LOOP_BYTES, LOOP_ROWS, LOOP_SLOW_BYTES = 1 << 14, 64, 1 << 10
"""A request larger than this is worked on in a thread, so that probes are answered meanwhile. What is within takes a
millisecond, or ten where it has slow outputs or is new: less than a thread would cost the others."""

MAX_WAITING = 64
"""Such requests that wait for their turn: seconds of work. One more would only wait for longer than who calls does."""

BINARY = (b"content-type", b"application/octet-stream")
VARY = (b"vary", b"accept-encoding")


Worked = tuple[Any, bytes, int | None]
"""Predictions, the body, and the length of its JSON part if binary data follows."""


def endpoint(runtime: Runtime[Any], max_inflated_bytes: int) -> direct.Endpoint:
    """What answers `.../infer`."""
    one_at_a_time = CapacityLimiter(1)  # they share one core whatever their number, and the event loop waits for each
    in_line = 0  # that one, and those that wait
    parse, respond = Parser(runtime).parse, Responder(runtime).respond
    slow = {tensor.name for tensor in runtime.outputs if tensor.slow}

    def answer_of(asked: InferenceRequest) -> Worked:
        predictions = runtime.predict(asked.inputs)
        return predictions, *respond(asked, predictions)

    def infer(body: bytes, headers: Mapping[bytes, bytes]) -> direct.Answer | Coroutine[Any, Any, direct.Answer]:
        length, encoding = headers.get(b"inference-header-content-length"), headers.get(b"content-encoding")
        header_length = None if length is None else length.decode("latin-1")
        if encoding:  # inflated there, one at a time: a small body may be a large one
            inflate = partial(compression.inflate, body, encoding.decode("latin-1"), max_inflated_bytes)
            return in_thread(headers, lambda: answer_of(parse(inflate(), header_length)))
        asked = parse(body, header_length) if len(body) <= LOOP_BYTES else None
        if asked and asked.rows <= LOOP_ROWS and (len(body) <= LOOP_SLOW_BYTES or slow.isdisjoint(asked.outputs)):
            return finish(headers, *answer_of(asked))
        return in_thread(headers, lambda: answer_of(asked or parse(body, header_length)))

    async def in_thread(headers: Mapping[bytes, bytes], work: Callable[[], Worked]) -> direct.Answer:
        nonlocal in_line
        if in_line > MAX_WAITING:
            raise ServiceError(503, "overloaded", "Too many large requests are waiting.", headers={"retry-after": "1"})
        in_line += 1
        try:
            return finish(headers, *await to_thread.run_sync(work, limiter=one_at_a_time))
        finally:
            in_line -= 1

    def finish(headers: Mapping[bytes, bytes], predictions: Any, answer: bytes, head: int | None) -> direct.Answer:
        runtime.observe(predictions)
        sent = (
            [direct.JSON, VARY] if head is None else [BINARY, VARY, (b"inference-header-content-length", b"%d" % head)]
        )
        if (
            (wanted := headers.get(b"accept-encoding"))
            and len(answer) >= compression.LEAST_BYTES
            and (coding := compression.accepted(wanted.decode("latin-1")))
        ):
            answer = compression.deflate(answer, coding)
            sent.append((b"content-encoding", coding.encode()))
        return direct.Answer(answer, sent)

    return infer
