"""Visitors and clients of every kind, for a bounded time, so that every panel fills: `make load`."""

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

PORTS = {"frontend": 8000, "joker": 8001, "model": 8002}
"""As `make run` and compose publish them; moved by FRONTEND_PORT and so on."""

TEXTS = (
    "Why do programmers confuse Halloween and Christmas? Because oct 31 equals dec 25.",
    "Warum verwechseln Informatiker Weihnachten und Halloween?",
    "¿Por qué los programadores prefieren el modo oscuro?",
    "Pourquoi les développeurs confondent-ils Noël et Halloween ?",
    "Perché i programmatori preferiscono il tema scuro?",
    "Dlaczego programiści mylą Halloween z Bożym Narodzeniem?",
    "Proč si programátoři pletou Vánoce s Halloweenem?",
)
ODD_TEXTS = ("42!", "zxqv jjkw wqxz", "日本語のジョークです")
"""The model abstains on these."""

INFER = "/v2/models/joke-language/infer"
LANGUAGES = ("cs", "de", "en", "es", "fr", "it", "pl", "sv")

Call = tuple[str, str, str, dict[str, Any]]


def _tensor(*texts: str) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": list(texts)}]}


def calls(chance: random.Random) -> dict[str, tuple[int, Call]]:
    """One call of each kind: how often it comes, service, method, path, body."""
    text, odd, language = chance.choice(TEXTS), chance.choice(ODD_TEXTS), chance.choice(LANGUAGES)
    return {
        "page": (25, ("frontend", "GET", "/", {})),
        "joke": (30, ("frontend", "GET", "/api/joke", {})),
        "text": (12, ("frontend", "POST", "/api/classify", {"json": {"text": text}})),
        "odd text": (3, ("frontend", "POST", "/api/classify", {"json": {"text": odd}})),
        "no text": (1, ("frontend", "POST", "/api/classify", {"json": {}})),
        "scanner": (1, ("frontend", "GET", f"/{chance.randrange(10**6)}.php", {})),
        "English joke": (6, ("joker", "GET", "/", {})),
        "joke in a language": (6, ("joker", "GET", "/v1/jokes/random", {"params": {"language": language}})),
        "jokes": (3, ("joker", "GET", "/v1/jokes", {"params": {"limit": 5}})),
        "no such joke": (1, ("joker", "GET", "/v1/jokes/none", {})),
        "batch": (8, ("model", "POST", INFER, {"json": _tensor(text, odd, *TEXTS)})),
        "metadata": (3, ("model", "GET", "/v2/models/joke-language", {})),
        "no such model": (1, ("model", "GET", "/v2/models/none", {})),
    }


async def send(
    urls: Mapping[str, str], rate: float, seconds: float | None = None, requests: int | None = None
) -> Counter[tuple[str, int | str]]:
    """Send `rate` requests a second, at fixed times, for `seconds`, or `requests` of them.

    Counts answers by service and status, or the name of an error.
    """
    chance = random.Random(1)
    answers: Counter[tuple[str, int | str]] = Counter()
    total = requests if requests is not None else int(rate * (seconds or 0))
    limits = httpx.Limits(max_connections=200)

    async def one(client: httpx.AsyncClient, call: Call) -> None:
        service, method, path, options = call
        try:
            answer: int | str = (await client.request(method, urls[service] + path, **options)).status_code
        except httpx.TransportError as error:
            answer = type(error).__name__
        answers[service, answer] += 1

    async with httpx.AsyncClient(timeout=10, trust_env=False, limits=limits) as client, asyncio.TaskGroup() as tasks:
        begin = time.monotonic()
        kinds = list(calls(chance))
        for number in range(total):
            drawn = calls(chance)
            # Each kind once before chance decides, so that a short run has all of them.
            kind = kinds[number] if number < len(kinds) else None
            weighted = list(drawn.values())
            call = drawn[kind][1] if kind else chance.choices(weighted, [weight for weight, _ in weighted])[0][1]
            tasks.create_task(one(client, call))
            await asyncio.sleep(max(0.0, begin + (number + 1) / rate - time.monotonic()))
    return answers


def main() -> None:
    """Send to the services on 127.0.0.1 and print what came back."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (default 60, at most 3600)")
    parser.add_argument("--rate", type=float, default=20, help="requests a second (default 20, at most 200)")
    asked = parser.parse_args()
    for name, value, most in (("--seconds", asked.seconds, 3600), ("--rate", asked.rate, 200)):
        if not 0 < value <= most:
            parser.error(f"{name} must be above 0 and at most {most}")
    urls = {name: f"http://127.0.0.1:{os.environ.get(f'{name.upper()}_PORT') or port}" for name, port in PORTS.items()}
    print(f"{asked.rate:g} requests a second for {asked.seconds:g} s to {' '.join(urls.values())}", flush=True)
    answers = asyncio.run(send(urls, asked.rate, asked.seconds))
    for (service, status), count in sorted(answers.items(), key=str):
        print(f"  {service:9} {status!s:16} {count:6}")
    if not any(isinstance(status, int) for _, status in answers):
        sys.exit("nothing answered: are the services up? `make up` or `make run` starts them")


if __name__ == "__main__":
    main()
