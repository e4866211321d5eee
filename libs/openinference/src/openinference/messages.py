"""The protocol's messages, for the API document and for answers. Requests are parsed in `request.py`."""

from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from .request import MAX_ROWS, PYTHON, shapes
from .runtime import Runtime


class TensorMetadata(BaseModel):
    name: str
    datatype: str
    shape: list[int] = Field(description="-1 is any size")


class ServerMetadata(BaseModel):
    name: str
    version: str
    extensions: list[str]


class ModelMetadata(BaseModel):
    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class Live(BaseModel):
    live: Literal[True] = True


class Ready(BaseModel):
    name: str
    ready: Literal[True] = True


class IndexEntry(BaseModel):
    name: str
    version: str
    state: Literal["READY", "UNAVAILABLE"]
    reason: str


class ResponseOutput(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: list[str] | list[float] | list[bool] | None = None


class InferResponse(BaseModel):
    id: str | None = None
    model_name: str
    model_version: str
    outputs: list[ResponseOutput]


def infer_request(runtime: Runtime[Any]) -> type[BaseModel]:
    """What a request to this model looks like."""
    inputs, outputs = runtime.inputs, runtime.outputs
    kinds = [PYTHON[tensor.datatype] for tensor in inputs]
    data: Any = None
    for kind in dict.fromkeys(kinds):
        data = list[kind] | list[list[kind]] | data  # type: ignore[valid-type]
    taken = shapes(inputs[0]) if len(inputs) == 1 else "; ".join(f"{each.name}: {shapes(each)}" for each in inputs)
    ranks = [len(each.shape) for each in inputs]
    ranks += [2 for each in inputs if each.shape == (-1,)]
    parameters = dict[str, Any] | None
    names: Any = Literal[tuple(each.name for each in inputs)]
    datatypes: Any = Literal[tuple(dict.fromkeys(each.datatype for each in inputs))]
    wanted: Any = Literal[tuple(each.name for each in outputs)]
    request_input = create_model(
        "RequestInput",
        name=(names, ...),
        datatype=(datatypes, ...),
        shape=(
            list[int],
            Field(description=f"{taken}, n from 1 to {MAX_ROWS:,}", min_length=min(ranks), max_length=max(ranks)),
        ),
        parameters=(parameters, None),
        data=(data, Field(None, description="Absent when binary_data_size is given")),
    )
    request_output = create_model(
        "RequestOutput",
        name=(wanted, ...),
        parameters=(parameters, Field(None, description="binary_data: answer this output as binary data")),
    )
    others = [each.name for each in outputs if not each.default]
    but = f" but {', '.join(others)}" if others else ""
    return create_model(
        "InferRequest",
        id=(str | None, Field(None, description="Given back in the answer")),
        parameters=(parameters, Field(None, description="binary_data_output: answer all in binary")),
        inputs=(list[request_input], Field(min_length=len(inputs), max_length=len(inputs))),
        outputs=(list[request_output] | None, Field(None, description=f"Default: all{but}")),
    )
