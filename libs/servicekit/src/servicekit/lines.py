"""Lines on their way to stdout: those of one turn of the event loop are written together."""

import asyncio
import os
import threading


class Lines:
    """`add` on the event loop; `flush` from anywhere. Nothing stays longer than until the loop's next turn."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: list[str] = []
        self._writing = threading.RLock()  # entered twice where a signal comes during a write

    def add(self, line: str) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append(line)

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            count = len(self._waiting)
            data = "".join(self._waiting[:count]).encode()
            del self._waiting[:count]  # what was added meanwhile stays
            while data:
                data = data[os.write(self._descriptor, data) :]
