"""The protocol's endpoints for one model."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic.json_schema import models_json_schema
from servicekit import ServiceError, direct
from servicekit.errors import ErrorBody

from . import inference, messages, response

if TYPE_CHECKING:
    from servicekit import Service

    from model.classifier import Classifier

NAME = response.MODEL_NAME
PREFIX = "/v2"
MODEL_PATHS = ("/models/{name}", "/models/{name}/versions/{version}")

_SCHEMA = models_json_schema([(messages.InferRequest, "validation")])[1]["$defs"]


def _inline(node: Any) -> Any:
    """FastAPI collects no definitions from `openapi_extra`, so references are written out."""
    if isinstance(node, dict):
        if "$ref" in node:
            return _inline(_SCHEMA[node["$ref"].rsplit("/", 1)[1]])
        return {key: _inline(value) for key, value in node.items()}
    return [_inline(item) for item in node] if isinstance(node, list) else node


INFER_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _inline(_SCHEMA["InferRequest"])}},
    }
}

UNSUPPORTED: dict[int | str, dict[str, Any]] = {415: {"model": ErrorBody, "description": "Unsupported Media Type"}}


def install(app: "Service", classifier: "Classifier", max_inflated_bytes: int) -> None:
    """Add the protocol to `app`, with inference on direct routes."""
    app.include_router(router(classifier, max_inflated_bytes))
    answer = inference.endpoint(classifier, max_inflated_bytes)
    for path in MODEL_PATHS:
        template = f"{PREFIX}{path}/infer"
        exact = template.format(name=NAME, version=classifier.version)
        app.add_direct_route("POST", exact, answer, template=template)


def router(classifier: "Classifier", max_inflated_bytes: int) -> APIRouter:
    """Routes under `/v2` that answer with `classifier`."""
    routes = APIRouter(prefix=PREFIX, tags=["open inference protocol"])
    answer = inference.endpoint(classifier, max_inflated_bytes)

    def check(http: Request) -> None:
        name, version = http.path_params["name"], http.path_params.get("version")
        if name != NAME:
            raise ServiceError(404, "unknown_model", f"No model is named '{name}'; there is '{NAME}'.")
        if version not in (None, classifier.version):
            raise ServiceError(404, "unknown_version", f"No version '{version}'; there is '{classifier.version}'.")

    def waiting(http: Request) -> list[str]:
        found: list[str] = http.app.state.health.waiting_for()
        return found

    def check_ready(http: Request) -> None:
        if found := waiting(http):
            raise ServiceError(503, "not_ready", f"Not ready: {', '.join(found)}.", headers={"retry-after": "1"})

    async def server(http: Request) -> messages.ServerMetadata:
        return messages.ServerMetadata(
            name="model", version=http.app.version, extensions=["binary_tensor_data", "model_repository"]
        )

    async def live() -> messages.Live:
        return messages.Live()

    async def ready(http: Request) -> messages.Ready:
        check_ready(http)
        return messages.Ready(name="model")

    async def index(http: Request) -> list[messages.IndexEntry]:
        found = waiting(http)
        state: Any = "UNAVAILABLE" if found else "READY"
        return [messages.IndexEntry(name=NAME, version=classifier.version, state=state, reason=", ".join(found))]

    async def metadata(http: Request) -> messages.ModelMetadata:
        check(http)
        tensor = messages.TensorMetadata
        return messages.ModelMetadata(
            name=NAME,
            versions=[classifier.version],
            platform="numpy",
            inputs=[tensor(name="text", datatype="BYTES", shape=[-1])],
            outputs=[
                tensor(name=o, datatype=d, shape=[-1, len(classifier.languages)] if o == "probabilities" else [-1])
                for o, d in response.DATATYPES.items()
            ],
        )

    async def model_ready(http: Request) -> messages.Ready:
        check(http)
        check_ready(http)
        return messages.Ready(name=NAME)

    async def infer(http: Request) -> Response:
        check(http)
        return await direct.respond(answer, http)

    def add(path: str, endpoint: Any, method: str, summary: str, model: Any, **extra: Any) -> None:
        parts = [{"name": p, "in": "path", "required": True, "schema": {"type": "string"}} for p in ("name", "version")]
        parameters = [part for part in parts if f"{{{part['name']}}}" in path]
        merged = {**extra, **({"parameters": parameters} if parameters else {})}
        routes.add_api_route(
            path,
            endpoint,
            methods=[method],
            summary=summary,
            response_model=model,
            responses=UNSUPPORTED if endpoint is infer else None,
            openapi_extra=merged or None,
        )

    add("", server, "GET", "Server metadata", messages.ServerMetadata)
    add("/health/live", live, "GET", "The server is live", messages.Live)
    add("/health/ready", ready, "GET", "The server is ready", messages.Ready)
    add("/repository/index", index, "POST", "The models there are", list[messages.IndexEntry])
    for path in MODEL_PATHS:
        add(path, metadata, "GET", "Model metadata", messages.ModelMetadata)
        add(f"{path}/ready", model_ready, "GET", "The model is ready", messages.Ready)
        add(f"{path}/infer", infer, "POST", "Which language is each text in?", messages.InferResponse, **INFER_BODY)
    return routes
