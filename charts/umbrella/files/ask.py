"""Asks every service through its Service name and checks the answer: what `helm test` runs.

Arguments are URL and expected text, by turns. A Service is reachable up to a second after its pods are ready, so what
fails is asked again for a while.
"""

import sys
import time
import urllib.request

DEADLINE = time.monotonic() + 30


def ask(url: str, expected: str) -> str:
    """What is wrong with the answer; empty if nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            body = response.read().decode()
    except (OSError, ValueError) as error:
        return str(error)
    return "" if expected in body else f"{expected!r} is not in {body[:200]!r}"


failed = False
for url, expected in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    while (wrong := ask(url, expected)) and time.monotonic() < DEADLINE:
        time.sleep(0.5)
    failed = failed or bool(wrong)
    print(f"{'FAILED' if wrong else 'ok':7}{url}  {wrong or expected}", flush=True)
sys.exit(failed)
