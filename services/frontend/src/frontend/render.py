"""Pages from templates, compiled once; everything that goes into them is escaped."""

from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from . import assets
from .languages import name
from .rounds import TURNS, Round
from .words import belief, percent, say

NO_CACHE = "private, no-cache"
"""A page is asked for again each time, but going back shows what was there: `no-store` would show another joke."""

RELOADED = {"cache-control": NO_CACHE}

templates = jinja2.Environment(
    loader=jinja2.PackageLoader("frontend"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def query(so_far: Round, **more: str) -> str:
    """The part of an address that takes a round along."""
    values = dict(more)
    if so_far.turns:
        values["round"] = so_far.text
    if so_far.streak:
        values["streak"] = str(so_far.streak)
    return f"?{urlencode(values)}" if values else ""


templates.filters["language"] = name
templates.globals.update(
    say=say,
    percent=percent,
    belief=belief,
    asset=assets.path,
    query=query,
    style=Markup(assets.STYLE),  # noqa: S704  # our own file
    TURNS=TURNS,
)


def html(root_path: str, path: str, template: str, **values: Any) -> str:
    """A page as text. `root_path` is where a proxy shows this service, `path` what was asked for below it."""
    origin = values.pop("origin", "")
    return templates.get_template(template).render(base=root_path, path=path, origin=origin, **values)


def page(
    request: Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page as an answer."""
    root_path = request.scope.get("root_path", "")
    values = {"origin": str(request.base_url).removesuffix("/"), **values}
    text = html(root_path, request.scope["path"].removeprefix(root_path), template, **values)
    return HTMLResponse(text, status, {**RELOADED, **(headers or {})})
