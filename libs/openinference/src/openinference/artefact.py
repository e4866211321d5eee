"""The trained model as files: arrays and a card. Nothing is ever unpickled."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS, CARD = "weights.npz", "card.json"
FORMAT = 1

Arrays = dict[str, NDArray[Any]]


class ArtefactError(Exception):
    """The files are missing, damaged, or not of this version of the code; the message says which and what to do."""


def write(directory: Path, arrays: Mapping[str, NDArray[Any]], card: Mapping[str, Any]) -> dict[str, Any]:
    """Write both files, byte for byte the same for the same input, and return the card with its hash and version."""
    weights = _npz(arrays)
    sha256 = hashlib.sha256(weights).hexdigest()
    card = {"format": FORMAT, "version": sha256[:12], "weights_sha256": sha256, **card}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / WEIGHTS).write_bytes(weights)
    (directory / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return card


def read(directory: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and the card, checked against each other. Raises ArtefactError."""
    try:
        card = json.loads((directory / CARD).read_text(encoding="utf-8"))
        weights = (directory / WEIGHTS).read_bytes()
    except OSError as error:
        raise ArtefactError(f"no model at {directory} ({error.strerror}): `make train` makes one") from None
    except (ValueError, RecursionError):
        raise ArtefactError(f"{directory / CARD} is not JSON: `make train` makes it anew") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ArtefactError(f"{directory / CARD} is not of format {FORMAT}: `make train` makes it anew")
    if hashlib.sha256(weights).hexdigest() != card.get("weights_sha256"):
        raise ArtefactError(f"{directory / WEIGHTS} is not the one that {CARD} was written for: `make train`")
    try:
        archive = np.load(io.BytesIO(weights), allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it is one array, not an archive of them")
        with archive:
            return {name: archive[name] for name in archive.files}, card
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactError(f"{directory / WEIGHTS} cannot be read ({error}): `make train` makes it anew") from None


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """As numpy.savez_compressed, but without the time of writing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, entry.getvalue())
    return buffer.getvalue()
