"""What joker answers."""

from pydantic import BaseModel, ConfigDict, Field


class RandomJoke(BaseModel):
    """The answer of `GET /`."""

    random_joke: str = Field(description="An English joke of the category neutral")


class Joke(BaseModel):
    """One joke."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Made from language and text, so it stays when other jokes come and go")
    text: str
    language: str = Field(description="ISO 639-1 code", examples=["en"])
    category: str = Field(description="neutral or chuck", examples=["neutral"])


class JokePage(BaseModel):
    """A part of the jokes that were asked for, in an order that does not change while the service runs."""

    total: int = Field(description="How many jokes there are over all pages")
    items: list[Joke]


class Language(BaseModel):
    """A language that has jokes."""

    code: str = Field(description="ISO 639-1 code", examples=["de"])
    name: str = Field(description="In English", examples=["German"])
    native_name: str = Field(description="In the language itself", examples=["Deutsch"])
    jokes: int = Field(description="How many jokes there are, over all categories")
    categories: dict[str, int] = Field(description="How many jokes each category has; one without any is left out")


class Languages(BaseModel):
    """All languages, by code."""

    total: int
    items: list[Language]
