"""Refusals that name the field to blame."""

from servicekit import ServiceError


def bad(field: str, message: str) -> ServiceError:
    """A 400 about `field`, written from the outside in: `body.inputs.0.shape`."""
    return ServiceError(400, "invalid_request", f"{field}: {message}", fields=[{"field": field, "message": message}])
