"""KServe's SDK with a custom model, which is also how its own sklearnserver is written: `serve.py RUNTIME PORT`."""

import sys
from pathlib import Path

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

sys.path.insert(0, str(Path(__file__).parents[1]))
import runtimes


class JokeLanguage(Model):
    def __init__(self, runtime: str) -> None:
        super().__init__(runtimes.MODEL)
        self.run = runtimes.load(runtime)
        self.ready = True

    async def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        languages, rows = self.run(payload.inputs[0].data)
        language = InferOutput("language", [len(languages)], "BYTES", data=languages)
        probabilities = InferOutput("probabilities", [len(rows), len(rows[0])], "FP32")
        probabilities.set_data_from_numpy(np.array(rows, np.float32), binary_data=False)
        return InferResponse(payload.id or "", self.name, [language, probabilities], model_version=runtimes.VERSION)


if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[2]), enable_grpc=False, workers=1).start([JokeLanguage(sys.argv[1])])
