"""The protocol's endpoints for one model."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic.json_schema import models_json_schema
from servicekit import Service, ServiceError, direct
from servicekit.errors import ErrorBody

from . import inference, messages
from .runtime import Runtime

PREFIX = "/v2"
MODEL_PATHS = ("/models/{name}", "/models/{name}/versions/{version}")

UNSUPPORTED: dict[int | str, dict[str, Any]] = {415: {"model": ErrorBody, "description": "Unsupported Media Type"}}


def install(app: Service, runtime: Runtime[Any], max_inflated_bytes: int) -> None:
    """Add the protocol to `app`, with inference on direct routes."""
    answer = inference.endpoint(runtime, max_inflated_bytes)
    app.include_router(_router(runtime, answer))
    for path in MODEL_PATHS:
        template = f"{PREFIX}{path}/infer"
        exact = template.format(name=runtime.name, version=runtime.version)
        app.add_direct_route("POST", exact, answer, template=template)


def router(runtime: Runtime[Any], max_inflated_bytes: int) -> APIRouter:
    """Routes under `/v2` that answer with `runtime`."""
    return _router(runtime, inference.endpoint(runtime, max_inflated_bytes))


def _router(runtime: Runtime[Any], answer: direct.Endpoint) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["open inference protocol"])
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": _request_schema(runtime)}}}}

    def check(http: Request) -> None:
        name, version = http.path_params["name"], http.path_params.get("version")
        if name != runtime.name:
            raise ServiceError(404, "unknown_model", f"No model is named '{name}'; there is '{runtime.name}'.")
        if version not in (None, runtime.version):
            raise ServiceError(404, "unknown_version", f"No version '{version}'; there is '{runtime.version}'.")

    def waiting(http: Request) -> list[str]:
        found: list[str] = http.app.state.health.waiting_for()
        return found

    def check_ready(http: Request) -> None:
        if found := waiting(http):
            raise ServiceError(503, "not_ready", f"Not ready: {', '.join(found)}.", headers={"retry-after": "1"})

    async def server(http: Request) -> messages.ServerMetadata:
        return messages.ServerMetadata(
            name=http.app.title, version=http.app.version, extensions=["binary_tensor_data", "model_repository"]
        )

    async def live() -> messages.Live:
        return messages.Live()

    async def ready(http: Request) -> messages.Ready:
        check_ready(http)
        return messages.Ready(name=http.app.title)

    async def index(http: Request) -> list[messages.IndexEntry]:
        found = waiting(http)
        state: Any = "UNAVAILABLE" if found else "READY"
        return [messages.IndexEntry(name=runtime.name, version=runtime.version, state=state, reason=", ".join(found))]

    async def metadata(http: Request) -> messages.ModelMetadata:
        check(http)
        tensor = messages.TensorMetadata
        return messages.ModelMetadata(
            name=runtime.name,
            versions=[runtime.version],
            platform=runtime.platform,
            inputs=[tensor(name=each.name, datatype=each.datatype, shape=each.sized(-1)) for each in runtime.inputs],
            outputs=[tensor(name=each.name, datatype=each.datatype, shape=each.sized(-1)) for each in runtime.outputs],
        )

    async def model_ready(http: Request) -> messages.Ready:
        check(http)
        check_ready(http)
        return messages.Ready(name=runtime.name)

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
        add(f"{path}/infer", infer, "POST", runtime.summary, messages.InferResponse, **body)
    return routes


def _request_schema(runtime: Runtime[Any]) -> Any:
    """FastAPI collects no definitions from `openapi_extra`, so references are written out."""
    definitions = models_json_schema([(messages.infer_request(runtime), "validation")])[1]["$defs"]

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return inline(definitions[node["$ref"].rsplit("/", 1)[1]])
            return {key: inline(value) for key, value in node.items()}
        return [inline(item) for item in node] if isinstance(node, list) else node

    return inline(definitions["InferRequest"])
