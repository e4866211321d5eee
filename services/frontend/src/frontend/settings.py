"""What the frontend can be told by environment variables."""

from pydantic import Field
from servicekit import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and where the backends are."""

    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    joker_url: str = Field("http://127.0.0.1:8001", pattern=r"^https?://\S+$", description="Where joker is")
    model_url: str = Field("http://127.0.0.1:8002", pattern=r"^https?://\S+$", description="Where model is")
    deadline_seconds: float = Field(
        2.0, gt=0, le=60, allow_inf_nan=False, description="Longest that a visitor waits for the backends, in total"
    )
