"""Run all services, or those named, on 127.0.0.1 until Ctrl-C, or until one of them dies: `make run`."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator
from typing import NoReturn

import httpx

from dev.workspace import Service, service, services

HOST = "127.0.0.1"
READY_SECONDS = 60


async def main(wanted: list[Service]) -> int:
    """0 after a signal, 1 when a service died or did not start, 2 when a port cannot be had."""
    ports = {each: free_port(each) for each in wanted}
    urls = {each: f"http://{HOST}:{port}" for each, port in ports.items()}
    backends = {f"{each.module.upper()}_URL": url for each, url in urls.items()}
    stop = asyncio.Event()
    processes: dict[str, Process] = {}

    def on_signal() -> None:
        for process in processes.values() if stop.is_set() else ():
            _send(process, signal.SIGTERM)  # the second time: a service that drains ends at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)

    async with asyncio.TaskGroup() as tasks:
        for each, port in ports.items():
            env = {"LOG_FORMAT": "text", **os.environ, **backends, "HOST": HOST, "PORT": str(port)}
            processes[each.name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", each.module, stdout=PIPE, stderr=STDOUT, env=env, start_new_session=True
            )
            tasks.create_task(_show(each.name, processes[each.name]))
        ends = {asyncio.create_task(process.wait(), name=name): process for name, process in processes.items()}
        stopped = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(_all_ready(urls))
        done, _ = await asyncio.wait({*ends, stopped, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ready in done and ready.result():
            print(_banner(urls), flush=True)
            done, _ = await asyncio.wait({*ends, stopped}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        stopped.cancel()
        for process in processes.values():
            _send(process, signal.SIGTERM)
        await asyncio.wait(ends)
    if stop.is_set():
        return 0
    for end in ends.keys() & done:
        print(f"{end.get_name()} ended by itself with code {end.result()}: its last words are above", flush=True)
    if ready in done:
        print(f"not ready within {READY_SECONDS} s: the reason may be above", flush=True)
    return 1


def _banner(urls: dict[Service, str]) -> str:
    """What to try, as each service says in its pyproject.toml."""
    tries = [
        (what, how.replace("{url}", url))
        for each, url in urls.items()
        for what, how in {**each.about.get("try", {}), f"{each.name}'s API": "{url}/docs"}.items()
    ]
    width = max(len(what) for what, _ in tries)
    lines = "".join(f"  {what:{width}}  {how}\n" for what, how in tries)
    return f"\n{lines}\nCtrl-C ends it.\n"


def free_port(each: Service) -> int:
    """Where a service can listen. Ends the program with 2 and one line if it cannot."""
    variable = f"{each.module.upper()}_PORT"
    value = os.environ.get(variable) or str(each.port)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        _refuse(f"{variable}={value!r} is not a port: a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(value)))
        except OSError as error:
            _refuse(f"port {value} cannot be had for {each.name} ({error.strerror}): move it with {variable}=...")
    return int(value)


def _refuse(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(2)


async def _all_ready(urls: dict[Service, str]) -> bool:
    try:
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            for url in urls.values():
                while not await _ready(client, url):
                    await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


async def _ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/readyz")).is_success
    except httpx.TransportError:
        return False


async def _show(name: str, process: Process) -> None:
    assert process.stdout  # noqa: S101
    async for line in process.stdout:
        print(f"{name:8} | {line.decode(errors='replace').rstrip()}", flush=True)


def _send(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


@contextlib.contextmanager
def own_terminal() -> Iterator[None]:
    """Be the terminal's foreground process group, so that Ctrl-C comes here and not to make, which would exit 130."""
    if not (sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp()):
        yield
        return
    former = os.getpgrp()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else tcsetpgrp from the background stops this process
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # Ctrl-Z would stop this one only, and the shell would not notice
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, former)


if __name__ == "__main__":
    with own_terminal():
        code = asyncio.run(main([service(name) for name in sys.argv[1:]] or services()))
    sys.exit(code)
