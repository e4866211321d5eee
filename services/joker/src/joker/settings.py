"""What joker can be told by environment variables."""

from pydantic import Field
from servicekit import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, with joker's own port."""

    port: int = Field(8001, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
