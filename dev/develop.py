"""Run one service, restarted on every change, with those it calls beside it: `make dev S=frontend`.

What answers at a called service's port is taken as it is, such as that of `make run` in another terminal. What is
missing is started: as a process from this checkout, or with OTHERS=images from the last image that `make image` built.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import watchfiles

from dev.run import free_port, own_terminal
from dev.workspace import LIBS, ROOT, Service, service

OTHERS = ("processes", "images")


def called(first: Service) -> list[Service]:
    """Those that a service calls, and those that they call, each once."""
    found: dict[str, Service] = {}
    left = [first]
    while left:
        for name in left.pop().calls:
            if name not in found and name != first.name:
                found[name] = service(name)
                left.append(found[name])
    return list(found.values())


def url(each: Service) -> str:
    """Where a service is, or will be."""
    return f"http://127.0.0.1:{os.environ.get(_variable(each, 'PORT')) or each.port}"


def answers(each: Service) -> bool:
    """Whether something that calls itself alive is there already."""
    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
        return httpx.get(f"{url(each)}/livez", trust_env=False, timeout=1).is_success
    return False


@contextlib.contextmanager
def processes(missing: list[Service]) -> Iterator[None]:
    """What is missing, from this checkout, as long as the block runs."""
    models = [each for each in missing if (each.folder / "src" / each.module / "train.py").exists()]
    for each in models:
        artefact = each.folder.relative_to(ROOT) / "artefact" / "card.json"
        if subprocess.run(["make", "-s", artefact], cwd=ROOT).returncode:  # noqa: S603, S607
            sys.exit(f"{each.name} has no model: why, is above")
    command = [sys.executable, "-m", "dev.run", *(each.name for each in missing)]
    with _ending(_apart(command)):
        yield


@contextlib.contextmanager
def images(missing: list[Service]) -> Iterator[None]:
    """What is missing, each from its last image, as long as the block runs; they find each other in a network."""
    network = f"punchline-dev-{os.getpid()}"
    for each in missing:
        if why := _docker("image", "inspect", f"{each.name}:dev"):
            sys.exit(f"there is no image {each.name}:dev ({why}): make image S={each.name}")
    urls = [f"{_variable(each, 'URL')}=http://{each.name}:8080" for each in missing]
    settings = [option for value in (*urls, "DRAIN_SECONDS=0", "LOG_FORMAT=text") for option in ("-e", value)]
    with contextlib.ExitStack() as stack:
        if why := _docker("network", "create", network):
            sys.exit(f"no network for the containers: {why}")
        stack.callback(_docker, "network", "rm", network)
        for each in missing:
            address = url(each).removeprefix("http://")
            where = ["--network", network, "--network-alias", each.name, "-p", f"{address}:8080"]
            command = [_engine(), "run", "--rm", "--init", "--read-only", "--cap-drop", "ALL", *where, *settings]
            stack.enter_context(_ending(_apart([*command, f"{each.name}:dev"])))
        yield


def _apart(command: list[str]) -> subprocess.Popen[bytes]:
    """Away from the terminal: Ctrl-C is for this process, which ends the others."""
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603


@contextlib.contextmanager
def _ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _engine() -> str:
    return os.environ.get("DOCKER") or "docker"


def _docker(*arguments: str) -> str:
    """What is wrong; empty if nothing is."""
    try:
        done = subprocess.run([_engine(), *arguments], capture_output=True, text=True)  # noqa: S603
    except OSError as error:
        return f"{_engine()}: {error.strerror}"
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


def _variable(each: Service, what: str) -> str:
    return f"{each.module.upper()}_{what}"


def main(name: str) -> None:
    """Until Ctrl-C, or the terminal is closed."""
    others = os.environ.get("OTHERS") or OTHERS[0]
    if others not in OTHERS:
        sys.exit(f"OTHERS={others}: there are {' and '.join(OTHERS)}")
    target = service(name)
    needed = called(target)
    missing = [each for each in needed if not answers(each)]
    ports = {each: free_port(each) for each in (target, *missing)}
    for each in needed:
        print(f"{each.name}: {url(each)} ({others if each in missing else 'there already'})", flush=True)
    print(f"{name}: {url(target)} (restarted on every change; Ctrl-C ends it)", flush=True)
    os.environ |= {_variable(each, "URL"): url(each) for each in needed}
    os.environ["PORT"] = str(ports[target])
    os.environ.setdefault("LOG_FORMAT", "text")
    logging.getLogger("watchfiles").setLevel(logging.ERROR)  # it tells that Ctrl-C was pressed
    beside = {"images": images, "processes": processes}[others](missing) if missing else contextlib.nullcontext()
    with beside:
        watchfiles.run_process(
            target.folder / "src", LIBS, target=f"{sys.executable} -m {target.module}", target_type="command"
        )


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    with own_terminal(), contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1])
