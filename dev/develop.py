"""Run one service, restarted on every change, with those it calls beside it: `make dev S=frontend`.

What answers at a called service's port is taken as it is, such as that of `make run` in another terminal. What is
missing is started: as a process from this checkout, or with OTHERS=images from the last image that `make image` built.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import watchfiles

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
    variable = f"{each.module.upper()}_PORT"
    return f"http://127.0.0.1:{os.environ.get(variable) or each.port}"


def answers(each: Service) -> bool:
    """Whether something that calls itself alive is there already."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url(each)}/livez", trust_env=False, timeout=1).is_success
    return False


@contextlib.contextmanager
def beside(missing: list[Service], others: str) -> Iterator[None]:
    """What is missing, running as long as the block does."""
    started = [_containers(each) for each in missing] if others == "images" else []
    if missing and not started:
        command = [sys.executable, "-m", "dev.run", *(each.name for each in missing)]
        started = [subprocess.Popen(command, cwd=ROOT, start_new_session=True)]  # noqa: S603
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _containers(each: Service) -> subprocess.Popen[bytes]:
    docker, image = os.environ.get("DOCKER", "docker"), f"{each.name}:dev"
    found = subprocess.run([docker, "image", "inspect", image], capture_output=True)  # noqa: S603
    if found.returncode:
        sys.exit(f"there is no image {image}: make image S={each.name}")
    address = url(each).removeprefix("http://")
    command = [docker, "run", "--rm", "--init", "-p", f"{address}:8080", "--read-only", "--cap-drop", "ALL", image]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603


def main(name: str) -> None:
    """Until Ctrl-C."""
    others = os.environ.get("OTHERS") or OTHERS[0]
    if others not in OTHERS:
        sys.exit(f"OTHERS={others}: there are {' and '.join(OTHERS)}")
    target = service(name)
    needed = called(target)
    missing = [each for each in needed if not answers(each)]
    for each in needed:
        how = others if each in missing else "there already"
        print(f"{each.name}: {url(each)} ({how})", flush=True)
    os.environ |= {f"{each.module.upper()}_URL": url(each) for each in needed}
    os.environ["PORT"] = url(target).rpartition(":")[2]
    os.environ.setdefault("LOG_FORMAT", "text")
    with beside(missing, others):
        watchfiles.run_process(
            target.folder / "src", LIBS, target=f"{sys.executable} -m {target.module}", target_type="command"
        )


if __name__ == "__main__":
    main(sys.argv[1])
