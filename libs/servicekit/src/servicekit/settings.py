"""Settings from the environment: typed, bounded, and rejected at start with the variable's name."""

import sys
from ipaddress import ip_network
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service can be told. A variable is the field's name in upper case, without a prefix."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", frozen=True, env_ignore_empty=True)

    host: str = Field(
        "127.0.0.1", min_length=1, description="Address to listen on; images set 0.0.0.0; :: is IPv4 and IPv6"
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged")
    log_format: Literal["auto", "json", "text"] = Field("auto", description="auto is text on a terminal, else json")
    drain_seconds: float = Field(
        0, ge=0, le=3600, allow_inf_nan=False, description="How long to go on serving after SIGTERM; images set 5"
    )
    shutdown_seconds: float = Field(
        20, ge=0, le=3600, allow_inf_nan=False, description="How long requests in flight may take after the drain"
    )
    max_body_bytes: int = Field(1 << 20, ge=0, description="Largest request body; a larger one is answered 413")
    max_concurrency: int = Field(256, ge=1, description="Most requests in flight; one more is answered 503 at once")
    root_path: str = Field(
        "", pattern=r"^(/[A-Za-z0-9._~-]+)*$", description="Path under which a proxy shows this service: /punchline"
    )
    forwarded_allow_ips: str = Field(
        "", description="Addresses and networks whose X-Forwarded-For and -Proto are believed: 10.0.0.0/8,::1"
    )
    revision: str = Field("unknown", description="Commit that the code is of; set by the image build")

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in filter(None, value.split(",")):
            ip_network(network.strip())
        return value


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S]) -> S:
    """Read `settings` from the environment; on a wrong value print a line for each and exit with code 2."""
    try:
        return settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            print(_line(settings, problem["loc"], problem["msg"], problem["input"]), file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


def _line(settings: type[ServiceSettings], loc: tuple[int | str, ...], message: str, value: object) -> str:
    name = str(loc[0]) if loc else ""
    variable = name.upper() or "settings"
    field = settings.model_fields.get(name)
    if field is None or field.annotation is SecretStr:
        return f"{variable}: {message}"
    if isinstance(value, dict):  # the variable is missing: pydantic hands over all of the input
        return f"{variable} is not set: {field.description or message}"
    message = message.removeprefix("Value error, ")
    return f"{variable}={value!r} is not accepted: {message[:1].lower()}{message[1:]} ({field.description})"
