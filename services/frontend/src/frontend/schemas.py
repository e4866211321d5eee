"""What the frontend answers and is sent."""

from typing import Annotated

from pydantic import BaseModel, Field

MAX_TEXT = 2000
"""Characters of a text to classify: enough for any joke."""

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35, examples=["de"])]
"""A language tag, https://www.rfc-editor.org/rfc/rfc5646. Fit for an HTML `lang` attribute."""

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Joke(BaseModel):
    """A joke, as joker gives it."""

    id: str
    text: str
    language: LanguageCode
    category: str


class Prediction(BaseModel):
    """Which language the model takes a text for."""

    language: LanguageCode | None = Field(description="null when the model abstains")
    abstained: bool = Field(description="Whether the model found no ground to judge")
    probabilities: dict[LanguageCode, Probability] = Field(description="By language")


class JokeAndPrediction(BaseModel):
    """A random joke with the model's opinion on it."""

    joke: Joke
    prediction: Prediction | None = Field(description="null when the model is away")
    degraded: bool = Field(description="Whether the prediction is missing")


class Text(BaseModel):
    """A text to classify."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)
