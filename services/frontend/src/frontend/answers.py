"""Answers of backends: read into a type, or refused."""

from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from servicekit import Backend, BackendBadAnswer

T = TypeVar("T", bound=BaseModel)


def read(backend: Backend, response: httpx.Response, kind: type[T]) -> T:
    """The body of a 2xx as `kind`. Raises BackendBadAnswer for any other status and for what makes no sense.

    Pydantic's own JSON reader refuses what Python's lets through: lone surrogates, which cannot be put on a page,
    and nesting without end.
    """
    if not response.is_success:
        raise BackendBadAnswer(backend.name, f"status {response.status_code}")
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise BackendBadAnswer(backend.name, f"not a {kind.__name__}: {error.error_count()} errors") from None
