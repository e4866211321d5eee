"""Inference: a body and its headers in, a body and its headers out."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from servicekit import direct

from model import metrics

from . import compression, request, response

if TYPE_CHECKING:
    from model.classifier import Classifier, Predictions

LOOP_BYTES, LOOP_ROWS, LOOP_EVIDENCE_BYTES = 1 << 14, 64, 1 << 10
"""A request larger than this is worked on in a thread, so that probes are answered meanwhile. What is within takes a
millisecond, or ten where it has evidence or words that were never seen: less than a thread would cost the others."""

BINARY = (b"content-type", b"application/octet-stream")
VARY = (b"vary", b"accept-encoding")


def endpoint(classifier: "Classifier", max_inflated_bytes: int) -> direct.Endpoint:
    """What answers `.../infer`."""
    one_at_a_time = CapacityLimiter(1)  # they share one core whatever their number, and the event loop waits for each

    async def infer(body: bytes, headers: Mapping[bytes, bytes]) -> direct.Answer:
        if encoding := headers.get(b"content-encoding"):
            body = compression.inflate(body, encoding.decode("latin-1"), max_inflated_bytes)
        length = headers.get(b"inference-header-content-length")
        header_length = None if length is None else length.decode("latin-1")
        asked = request.parse(body, header_length) if len(body) <= LOOP_BYTES else None
        if asked and _is_small(asked, len(body)):
            answer, head, predictions = _infer(classifier, asked)
        else:
            work = partial(_parse_and_infer, classifier, asked, body, header_length)
            answer, head, predictions = await to_thread.run_sync(work, limiter=one_at_a_time)
        metrics.observe(predictions)
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


def _is_small(asked: request.InferenceRequest, size: int) -> bool:
    return len(asked.texts) <= LOOP_ROWS and (size <= LOOP_EVIDENCE_BYTES or request.EVIDENCE not in asked.outputs)


def _infer(classifier: "Classifier", asked: request.InferenceRequest) -> tuple[bytes, int | None, "Predictions"]:
    predictions = classifier.predict(asked.texts)
    return *response.respond(classifier, asked, predictions), predictions


def _parse_and_infer(
    classifier: "Classifier", asked: request.InferenceRequest | None, body: bytes, header_length: str | None
) -> tuple[bytes, int | None, "Predictions"]:
    return _infer(classifier, asked or request.parse(body, header_length))
