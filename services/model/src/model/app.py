"""The model behind the Open Inference Protocol, and its card."""

import openinference
import servicekit
from fastapi import FastAPI
from pydantic import ValidationError

from .artefact import ArtefactError
from .card import Card
from .classifier import Classifier
from .runtime import Runtime
from .settings import Settings


def create_app(settings: Settings, classifier: Classifier | None = None) -> FastAPI:
    """Serve `classifier`, or the one in `settings.artefact_dir`; StartupError when it is not good."""
    try:
        model = classifier or Classifier.load(settings.artefact_dir)
        answer = Card.model_validate(model.card)
    except ArtefactError as error:
        raise servicekit.StartupError(str(error)) from error
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise servicekit.StartupError(f"card.json: {field}: {problem['msg']}: `make train` makes it anew") from error
    app = servicekit.create_app("model", settings, summary="Which of 13 languages is this text in?")
    openinference.install(app, Runtime(model), settings.max_inflated_bytes)

    @app.get(
        "/v1/card",
        summary="What the model is, how good it is, and what it cannot do",
        response_model_exclude_unset=True,
    )
    async def card() -> Card:
        return answer

    return app
