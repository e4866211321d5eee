"""The files that pages link to, under `/static`; held in memory, so that no name reaches the file system."""

from importlib.resources import files
from mimetypes import guess_type

from fastapi import APIRouter, HTTPException, Response

ASSETS = {file.name: file.read_bytes() for file in (files("frontend") / "static").iterdir()}

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def asset(name: str) -> Response:
    """One file. Kept for five minutes: names do not change with content."""
    if name not in ASSETS:
        raise HTTPException(404)
    kind = guess_type(name)[0] or "application/octet-stream"
    return Response(ASSETS[name], media_type=kind, headers={"cache-control": "public, max-age=300"})
