"""Lines on their way to stdout: those of one turn of the event loop are made and written together."""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lines(Generic[T]):
    """`add` what makes a line on the event loop, `flush` from anywhere. Nothing waits past the loop's next turn."""

    def __init__(self, descriptor: int, render: Callable[[list[T]], str]) -> None:
        self._descriptor, self._render = descriptor, render
        self._waiting: list[T] = []
        self._writing = threading.RLock()  # entered twice where a signal comes during a write

    def add(self, entry: T) -> None:
        """Have `entry` written soon."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append(entry)

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            entries = self._waiting[:]
            del self._waiting[: len(entries)]  # what is added meanwhile stays
            data = self._render(entries).encode() if entries else b""
            while data:
                data = data[os.write(self._descriptor, data) :]
