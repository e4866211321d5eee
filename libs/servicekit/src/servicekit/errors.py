"""One JSON shape for every failure, which is also what the Open Inference Protocol asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from . import context
from .client import BackendBadAnswer, BackendError, BackendTimeout


class FieldError(BaseModel):
    """One field to blame."""

    field: str = Field(description="Where it is, from the outside in: `query.limit`, `body.inputs.0.shape`")
    message: str


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: str = Field(description="What went wrong, for people")
    code: str = Field(description="What went wrong, for programs; stable")
    request_id: str = Field(description="Quote it when asking for help; the log has it too")
    fields: list[FieldError] | None = Field(None, description="Present when a field of the request is to blame")


PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""RFC 9110, section 15. Python's `http.HTTPStatus` words some of them differently from version to version."""

ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": phrase} for status, phrase in PHRASES.items()
}
"""FastAPI's `responses=`; `create_app` applies it to every route."""


class ServiceError(Exception):
    """Ends a request with `status` and an `ErrorBody`. `code` is snake_case; `fields` are `(field, message)` dicts."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        fields: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers, self.fields = headers, fields


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Sequence[Mapping[str, str]] | None = None,
) -> JSONResponse:
    """An `ErrorBody` as a response."""
    request = context.current()
    body: dict[str, Any] = {"error": message, "code": code, "request_id": request.request_id if request else ""}
    if fields:
        body["fields"] = [{key: _printable(value) for key, value in field.items()} for field in fields]
    body["error"] = _printable(message)
    return JSONResponse(body, status, dict(headers or {}))


def of(error: ServiceError) -> JSONResponse:
    """What a ServiceError stands for."""
    return error_response(error.status, error.code, error.message, headers=error.headers, fields=error.fields)


def internal_error() -> JSONResponse:
    """What is told of an exception that nobody handled: nothing."""
    return error_response(500, "internal_error", "Something went wrong here.")


def _printable(text: str) -> str:
    """A lone surrogate, which JSON lets in as an escape, has no UTF-8 encoding."""
    return text.encode("utf-8", "backslashreplace").decode()


def install(app: FastAPI) -> None:
    """Answer every exception that a route may raise with an `ErrorBody`."""

    @app.exception_handler(ServiceError)
    async def service_error(_: Request, error: ServiceError) -> JSONResponse:
        return of(error)

    @app.exception_handler(HTTPException)
    async def http_exception(_: Request, error: HTTPException) -> JSONResponse:
        code = PHRASES.get(error.status_code, "http error").lower().replace(" ", "_")
        return error_response(error.status_code, code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def validation(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"field": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        names = ", ".join(dict.fromkeys(field["field"] for field in fields))
        return error_response(422, "invalid_request", f"The request is not valid: {names}", fields=fields)

    @app.exception_handler(BackendError)
    async def backend(_: Request, error: BackendError) -> JSONResponse:
        if isinstance(error, BackendTimeout):
            return error_response(504, "backend_timeout", f"{error.backend} did not answer in time")
        if isinstance(error, BackendBadAnswer):
            return error_response(502, "backend_bad_answer", f"{error.backend} gave an answer that makes no sense")
        return error_response(
            503, "backend_unavailable", f"{error.backend} is not available", headers={"retry-after": "1"}
        )
