"""What of the model card other services may rely on."""

from pydantic import BaseModel, ConfigDict, Field


class Card(BaseModel):
    """The model card: how the model was trained, how good it is, where it fails. What is named here stays."""

    model_config = ConfigDict(extra="allow")

    name: str
    version: str = Field(description="Of the weights: another one may answer differently")
    languages: list[str] = Field(description="The columns of the output `probabilities`, in order")
