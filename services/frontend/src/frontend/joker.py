"""Jokes from the service joker."""

from servicekit import Backend

from .answers import read
from .deadline import Deadline
from .schemas import Joke


class Joker:
    """The service joker."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def random(self, deadline: Deadline) -> Joke:
        """A random joke in any language. Raises BackendError."""
        response = await self._backend.request("GET", "/v1/jokes/random", deadline=deadline.left())
        return read(self._backend, response, Joke)
