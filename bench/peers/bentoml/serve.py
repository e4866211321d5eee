"""BentoML: `bentoml serve serve:JokeLanguage`; the runtime is named by BENCH_RUNTIME."""

import os
import sys
from pathlib import Path
from typing import Any

import bentoml

sys.path.insert(0, str(Path(__file__).parents[1]))
import runtimes


@bentoml.service(workers=1)
class JokeLanguage:
    def __init__(self) -> None:
        self.run = runtimes.load(os.environ["BENCH_RUNTIME"])

    @bentoml.api(route=f"/v2/models/{runtimes.MODEL}/infer")
    async def infer(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        return runtimes.answer(*self.run(runtimes.texts_of({"inputs": inputs})))
