"""Inference: a body and its headers in, a body and its headers out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from anyio import to_thread
from servicekit import direct

from model import metrics

from . import compression, request, response

if TYPE_CHECKING:
    from model.classifier import Classifier, Predictions

THREAD_BYTES = 1 << 12
"""A request larger than this is worked on in a thread, so that probes are answered meanwhile.

Each row takes three bytes or more, so this bounds the rows too."""

BINARY = (b"content-type", b"application/octet-stream")
VARY = (b"vary", b"accept-encoding")


def endpoint(classifier: "Classifier", max_inflated_bytes: int) -> direct.Endpoint:
    """What answers `.../infer`."""

    async def infer(body: bytes, headers: Mapping[bytes, bytes]) -> direct.Answer:
        if encoding := headers.get(b"content-encoding"):
            body = compression.inflate(body, encoding.decode("latin-1"), max_inflated_bytes)
        length = headers.get(b"inference-header-content-length")
        header_length = None if length is None else length.decode("latin-1")
        if len(body) > THREAD_BYTES:
            answer, head, predictions = await to_thread.run_sync(_infer, classifier, body, header_length)
        else:
            answer, head, predictions = _infer(classifier, body, header_length)
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


def _infer(classifier: "Classifier", body: bytes, header_length: str | None) -> tuple[bytes, int | None, "Predictions"]:
    asked = request.parse(body, header_length)
    predictions = classifier.predict(asked.texts)
    return *response.respond(classifier, asked, predictions), predictions
