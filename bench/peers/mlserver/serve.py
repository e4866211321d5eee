"""MLServer with its own scikit-learn runtime, or a custom one: `serve.py RUNTIME PORT`."""

import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

sys.path.insert(0, str(Path(__file__).parents[1]))
import runtimes


class Punchline(MLModel):
    """A custom runtime, as MLServer's documentation has it."""

    async def load(self) -> bool:
        self.run = runtimes.load("punchline")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        import numpy as np

        languages, rows = self.run(StringCodec.decode_input(payload.inputs[0]))
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                StringCodec.encode_output("language", languages),
                NumpyCodec.encode_output("probabilities", np.array(rows, np.float32)),
            ],
        )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def main(runtime: str, port: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "host": "127.0.0.1",
            "http_port": int(port),
            "grpc_port": free_port(),
            "metrics_port": free_port(),
            "parallel_workers": 0,  # faster than its default of 1 for a model this small
        }
        model = {"name": runtimes.MODEL, "implementation": "serve.Punchline"}
        if runtime == "sklearn":
            model |= {
                "implementation": "mlserver_sklearn.SKLearnModel",
                "parameters": {"uri": str(runtimes.pipeline_file()), "version": runtimes.VERSION},
                "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1], "parameters": {"content_type": "str"}}],
            }
        Path(folder, "settings.json").write_text(json.dumps(settings))
        Path(folder, "model-settings.json").write_text(json.dumps(model))
        os.environ["PYTHONPATH"] = f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"
        os.execv(Path(sys.executable).with_name("mlserver"), ["mlserver", "start", folder])


if __name__ == "__main__":
    main(*sys.argv[1:])
