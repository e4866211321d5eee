"""The protocol's messages, for the API document and for answers. Requests are parsed in `request.py`."""

from typing import Any, Literal

from pydantic import BaseModel, Field


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


class RequestInput(BaseModel):
    name: Literal["text"]
    datatype: Literal["BYTES"]
    shape: list[int] = Field(description="[n] or [n, 1], n from 1 to 1,024", min_length=1, max_length=2)
    parameters: dict[str, Any] | None = None
    data: list[str] | list[list[str]] | None = Field(None, description="Absent when binary_data_size is given")


class RequestOutput(BaseModel):
    name: Literal["language", "probabilities", "abstained", "evidence"]
    parameters: dict[str, Any] | None = Field(None, description="binary_data: answer this output as binary data")


class InferRequest(BaseModel):
    id: str | None = Field(None, description="Given back in the answer")
    parameters: dict[str, Any] | None = Field(None, description="binary_data_output: answer all in binary")
    inputs: list[RequestInput] = Field(min_length=1, max_length=1)
    outputs: list[RequestOutput] | None = Field(None, description="Default: all but evidence")


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
