"""One server of the table of layers: `layered.py LAYER PORT`, in the environment of the service model."""

import sys
from collections.abc import Mapping
from typing import Any

import bare
import uvicorn
from fastapi import FastAPI, Request, Response
from model.app import create_app
from model.classifier import Classifier, Predictions
from model.settings import Settings
from servicekit import Service, direct, logs, server
from servicekit import create_app as create_service
from starlette_exporter import PrometheusMiddleware

INFER = "/v2/models/joke-language/infer"
PLAIN = ("fastapi", "exporter")
PROBABILITIES = [1 / 13] * 13


class Constant(Classifier):
    """Gives the same for every text."""

    def predict(self, texts: Any) -> Predictions:
        n = len(texts)
        return Predictions(texts, ["de"] * n, [1 / 13] * n, [PROBABILITIES] * n, 13)


def constant(body: bytes, headers: Mapping[bytes, bytes]) -> direct.Answer:
    return direct.Answer(bare.BODY, [direct.JSON, (b"vary", b"accept-encoding")])


def build(layer: str, settings: Settings) -> FastAPI:
    if layer in ("protocol", "inference"):
        kind = Constant if layer == "protocol" else Classifier
        return create_app(settings, kind.load(settings.artefact_dir))
    app = FastAPI() if layer in PLAIN else create_service("model", settings, summary="")

    @app.post("/v2/models/{name}/infer")
    async def infer(name: str, request: Request) -> Response:
        await request.body()
        return Response(bare.BODY, media_type="application/json")

    if layer == "exporter":
        app.add_middleware(PrometheusMiddleware, group_paths=True, prefix="layer")
    if isinstance(app, Service) and layer in ("asgi", "direct", "logged"):
        app.add_direct_route("POST", INFER, constant)
    if layer == "asgi":
        app.state.protocol = "httptools"
    return app


def main(layer: str, port: str) -> None:
    settings = Settings(port=int(port), log_format="json", log_level="warning" if layer == "direct" else "info")
    if layer in ("uvicorn", *PLAIN):
        app = bare.app if layer == "uvicorn" else build(layer, settings)
        uvicorn.run(app, port=int(port), log_config=None, access_log=False, server_header=False, lifespan="off")
        return
    app = build(layer, settings)
    logs.configure(settings, app.title, app.version)
    server.serve(app, settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
