# uv run --no-project --with kserve==0.21.0 services/model/tests/clients/kserve_client.py http://127.0.0.1:8002
"""KServe's own client, with its defaults, against a running model service.

A script, not a test: kserve installs 304 MB, so it is not in the lock.
"""

import asyncio
import sys
from functools import partial

from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

MODEL = "joke-language"
TEXT = "Warum ist das so? Der Programmierer wartet."


async def ask(url: str) -> list[str]:
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    checks = {
        "server live": partial(client.is_server_live, url),
        "server ready": partial(client.is_server_ready, url),
        "model ready": partial(client.is_model_ready, url, MODEL),
    }
    for name, check in checks.items():
        if not await check():
            raise RuntimeError(f"not {name}")
    tensor = InferInput("text", [1], "BYTES", data=[TEXT])
    answer = await client.infer(url, InferRequest(MODEL, [tensor]), model_name=MODEL)
    found: list[str] = answer.outputs[0].data
    if found != ["de"]:
        raise RuntimeError(f"the answer is {found}, not ['de']")
    return found


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} URL")
    try:
        print(asyncio.run(ask(sys.argv[1])))  # noqa: T201
    except Exception as error:  # whatever went wrong is the reason
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
