"""One JSON object a line, or readable text on a terminal; uvicorn's and every library's lines in the same format."""

import atexit
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from . import access, context
from .settings import ServiceSettings


def configure(settings: ServiceSettings, service: str, version: str) -> None:
    """Send all logging of this process to stdout in one format. Errors: none; call it once, before the server."""
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stdout.isatty())

    def identity(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        event.setdefault("version", version)
        return event

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        _request_ids,
    ]
    ending: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _drop_colour]
    if text:
        ending.append(structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), timestamp_key="time"))
    else:
        shared.append(identity)
        ending += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Handler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=ending))
    level = settings.log_level.upper()
    logging.basicConfig(handlers=[handler], level=level, force=True)
    if not text and logging.getLogger("access").isEnabledFor(logging.INFO):
        access.write_json(sys.stdout.fileno(), service, version)
    for noisy in ("httpx", "httpcore"):  # a line an outbound call; the metrics have them
        logging.getLogger(noisy).setLevel("WARNING")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes after the access lines that came before."""

    def emit(self, record: logging.LogRecord) -> None:
        access.flush()
        super().emit(record)


def flush() -> None:
    """Write out what is waiting, as at the end of the process."""
    access.flush()
    sys.stdout.flush()


atexit.register(flush)


def _request_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if request := context.current():
        event.setdefault("request_id", request.request_id)
        event.setdefault("trace_id", request.trace_id)
    return event


def _drop_colour(_: WrappedLogger, __: str, event: EventDict) -> Any:
    event.pop("color_message", None)  # uvicorn's second wording of its own line
    return event
