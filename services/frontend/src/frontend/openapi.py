"""A service's OpenAPI document, as far as a list of its endpoints needs it."""

from pydantic import BaseModel, Field

METHODS = ("get", "post", "put", "patch", "delete")


class Operation(BaseModel):
    """One method of one path."""

    summary: str = ""


class Info(BaseModel):
    """Whose document it is."""

    title: str
    version: str
    summary: str = ""


class Document(BaseModel):
    """`paths` by path, then by method."""

    info: Info
    paths: dict[str, dict[str, Operation]] = Field(default_factory=dict)

    @property
    def endpoints(self) -> list[tuple[str, str, str]]:
        """(method, path, summary), in the order of the document."""
        return [
            (method.upper(), path, operation.summary)
            for path, methods in self.paths.items()
            for method, operation in methods.items()
            if method in METHODS
        ]
