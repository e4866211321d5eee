"""The model behind the Open Inference Protocol, and its card."""

from typing import Any

import servicekit
from fastapi import FastAPI

from . import oip
from .artefact import ArtefactError
from .classifier import Classifier
from .settings import Settings


def create_app(settings: Settings, classifier: Classifier | None = None) -> FastAPI:
    """Serve `classifier`, or the one in `settings.artefact_dir`; StartupError when it is not good."""
    try:
        model = classifier or Classifier.load(settings.artefact_dir)
    except ArtefactError as error:
        raise servicekit.StartupError(str(error)) from error
    app = servicekit.create_app("model", settings, summary="Which of 13 languages is this text in?")
    oip.install(app, model, settings.max_inflated_bytes)

    @app.get("/v1/card", summary="What the model is, how good it is, and what it cannot do")
    async def card() -> dict[str, Any]:
        return model.card

    return app
