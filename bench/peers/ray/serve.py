"""Ray Serve: `serve.py RUNTIME PORT`."""

import sys
import time
from pathlib import Path
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve

sys.path.insert(0, str(Path(__file__).parents[1]))
import runtimes

app = FastAPI()


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0.1}, max_ongoing_requests=64)
@serve.ingress(app)
class JokeLanguage:
    def __init__(self, runtime: str) -> None:
        self.run = runtimes.load(runtime)

    @app.post(f"/v2/models/{runtimes.MODEL}/infer")
    async def infer(self, request: dict[str, Any]) -> dict[str, Any]:
        return runtimes.answer(*self.run(runtimes.texts_of(request)))


if __name__ == "__main__":
    here = str(Path(__file__).parents[1])
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": ":".join([here, *sys.path])}},
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])})
    serve.run(JokeLanguage.bind(sys.argv[1]), route_prefix="/")
    while True:
        time.sleep(3600)
