"""What every service needs once. A service is settings, routes, and this around them."""

from .app import Service, StartupError, create_app, main
from .client import Backend, BackendBadAnswer, BackendError, BackendTimeout, BackendUnavailable
from .errors import ERROR_RESPONSES, ErrorBody, FieldError, ServiceError
from .histogram import Histogram
from .settings import ServiceSettings

__all__ = [
    "ERROR_RESPONSES",
    "Backend",
    "BackendBadAnswer",
    "BackendError",
    "BackendTimeout",
    "BackendUnavailable",
    "ErrorBody",
    "FieldError",
    "Histogram",
    "Service",
    "ServiceError",
    "ServiceSettings",
    "StartupError",
    "create_app",
    "main",
]
