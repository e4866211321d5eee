"""What the model service can be told by environment variables."""

from pathlib import Path

from pydantic import Field
from servicekit import ServiceSettings

from .artefact import DEFAULT_DIRECTORY


class Settings(ServiceSettings):
    """Names are the fields' in upper case."""

    port: int = Field(8002, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    artefact_dir: Path = Field(DEFAULT_DIRECTORY, description="Folder of the trained model")
    max_inflated_bytes: int = Field(4 << 20, ge=0, description="Largest request body after gzip or deflate")
