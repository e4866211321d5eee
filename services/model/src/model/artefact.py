"""The trained model's files: where they are. What they are is the library's."""

from pathlib import Path

from openinference.artefact import CARD, WEIGHTS, Arrays, ArtefactError, read, write

__all__ = ["CARD", "DEFAULT_DIRECTORY", "WEIGHTS", "Arrays", "ArtefactError", "read", "write"]

DEFAULT_DIRECTORY = Path(__file__).parents[2] / "artefact"
"""Where `make train` puts it in a checkout."""
