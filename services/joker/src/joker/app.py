"""The app: pyjokes' jokes as a catalogue, and the routes over it."""

import servicekit
from fastapi import FastAPI
from pyjokes.pyjokes import all_jokes

from . import routes, served
from .catalogue import Catalogue
from .settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The service; the catalogue is read once and never changes."""
    app = servicekit.create_app("joker", settings, summary="A random joke, by language, category and id")
    app.state.catalogue = Catalogue(all_jokes)
    served.announce(app.state.catalogue)
    app.include_router(routes.router)
    app.state.random_english = routes.english(app.state.catalogue)
    app.add_direct_route("GET", "/", app.state.random_english)
    return app
