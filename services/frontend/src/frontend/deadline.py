"""The time that a visitor may still have to wait."""

import time


class Deadline:
    """Starts when it is made; every call of the same page takes what the calls before have left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, 0 when there are none."""
        return max(0.0, self._end - time.monotonic())
