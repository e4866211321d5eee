"""The files that pages link to, under `/static`; held in memory, so that no name reaches the file system."""

import hashlib
import re
from importlib.resources import files
from mimetypes import guess_type
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Response

ASSETS = {file.name: file.read_bytes() for file in (files("frontend") / "static").iterdir()}
HASHES = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in ASSETS.items()}

STYLE = (files("frontend") / "style.css").read_text(encoding="utf-8")
"""Goes into each page, so that the first paint takes one round trip; `headers.py` allows it by its hash."""

_HASHED = re.compile(r"(.+)\.([0-9a-f]{12})(\.[a-z0-9]+)")

router = APIRouter(include_in_schema=False)


def path(name: str) -> str:
    """Where a file is, by a name that changes with its content."""
    stem, dot, suffix = name.rpartition(".")
    return f"/static/{stem}.{HASHES[name]}{dot}{suffix}"


@router.get("/static/{name}")
async def asset(name: str, if_none_match: Annotated[str, Header()] = "") -> Response:
    """One file; under the name that has its hash browsers may keep it for ever.

    Under another hash, as pages of another version ask for it in the middle of an update, it is this version's file
    and kept by nobody: a page with the wrong shade of green beats one without its script.
    """
    match = _HASHED.fullmatch(name)
    plain, asked = (match[1] + match[3], match[2]) if match else (name, "")
    if plain not in ASSETS:
        raise HTTPException(404)
    etag = f'W/"{HASHES[plain]}"'  # weak: the bytes differ by compression
    lasting = "public, max-age=31536000, immutable" if asked == HASHES[plain] else "no-cache"
    headers = {"cache-control": lasting, "etag": etag}
    if etag in (tag.strip() for tag in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(ASSETS[plain], media_type=guess_type(plain)[0] or "application/octet-stream", headers=headers)
