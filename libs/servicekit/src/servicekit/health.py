"""`/livez` and `/readyz`: about this process alone, never about another service."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

PATHS = frozenset({"/livez", "/readyz", "/metrics"})
"""What a platform asks rather than a user: exempt from logs, request metrics and load shedding."""


class Health:
    """Whether this process may get traffic: it has started, is not draining, and each named condition holds."""

    def __init__(self) -> None:
        self.started = False
        self.draining = False
        self._conditions: dict[str, Callable[[], bool]] = {}

    def ready_when(self, name: str, condition: Callable[[], bool]) -> None:
        """Hold `/readyz` at 503 until `condition` is true. It must be local and quick: a flag, not a call."""
        self._conditions[name] = condition

    def waiting_for(self) -> list[str]:
        """Why the process is not ready; empty when it is."""
        if self.draining:
            return ["draining"]
        if not self.started:
            return ["starting"]
        return [name for name, holds in self._conditions.items() if not holds()]


router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    waiting = health_of(request.app).waiting_for()
    if waiting:
        return JSONResponse({"status": "unavailable", "waiting_for": waiting}, 503)
    return JSONResponse({"status": "ok"})


def health_of(app: FastAPI) -> Health:
    """The state behind `/readyz` of an app that `create_app` made."""
    health = app.state.health
    assert isinstance(health, Health)  # noqa: S101
    return health
