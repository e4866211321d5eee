"""Jokes from the service joker."""

import re
from dataclasses import dataclass

from servicekit import Backend

from .answers import read
from .deadline import Deadline
from .schemas import Joke

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Told:
    """A joke. `server` is who told it, by the answer's own header."""

    joke: Joke
    server: str


class Joker:
    """The service joker."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def random(self, deadline: Deadline, language: str | None = None) -> Joke:
        """A random joke, of a language if joker has it, else of any. Raises BackendError."""
        return (await self.tell(deadline, language)).joke

    async def tell(self, deadline: Deadline, language: str | None = None) -> Told:
        """The same, and who told it."""
        params = {"language": language} if language else None
        response = await self.backend.request("GET", "/v1/jokes/random", params=params, deadline=deadline.left())
        if language and response.status_code == 404:  # model may know a language of which joker has no joke
            return await self.tell(deadline)
        return Told(read(self.backend, response, Joke), response.headers.get("server", ""))

    async def by_id(self, joke_id: str, deadline: Deadline) -> Joke | None:
        """The joke of this id; None when there is none. Raises BackendError."""
        if not ID.fullmatch(joke_id):
            return None
        response = await self.backend.request("GET", f"/v1/jokes/{joke_id}", deadline=deadline.left())
        return None if response.status_code == 404 else read(self.backend, response, Joke)
