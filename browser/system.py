"""The three services as processes, each of which can go away and come back."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from servicekit.testing import ServiceProcess, free_port, running


class System:
    """`url` is the frontend's. A service that goes away comes back on the port that it had."""

    def __init__(self, stack: ExitStack, joker: str | Path = "joker", **env: str) -> None:
        self._stack = stack
        self._modules: dict[str, str | Path] = {"joker": joker, "model": "model"}
        self._processes = {
            name: stack.enter_context(running(module, PORT=str(free_port()))) for name, module in self._modules.items()
        }
        backends = {f"{name.upper()}_URL": process.url for name, process in self._processes.items()}
        self.url = stack.enter_context(running("frontend", DEADLINE_SECONDS="2", **backends, **env)).url

    @contextmanager
    def without(self, *services: str) -> Iterator[None]:
        """Some backends are away in this block, and there again after it."""
        ports = {name: self._gone(self._processes[name]) for name in services}
        try:
            yield
        finally:
            for name, port in ports.items():
                self._processes[name] = self._stack.enter_context(running(self._modules[name], PORT=port))

    @staticmethod
    def _gone(process: ServiceProcess) -> str:
        process.send(signal.SIGKILL)
        process.wait()
        return process.url.rpartition(":")[2]


@contextmanager
def system(joker: str | Path = "joker", **env: str) -> Iterator[System]:
    """All three, ready."""
    with ExitStack() as stack:
        yield System(stack, joker, **env)
