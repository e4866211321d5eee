"""LitServe: `serve.py RUNTIME PORT`."""

import sys
from pathlib import Path

import litserve

sys.path.insert(0, str(Path(__file__).parents[1]))
import runtimes


class JokeLanguage(litserve.LitAPI):
    def setup(self, device):
        self.run = runtimes.load(sys.argv[1])

    def decode_request(self, request):
        return runtimes.texts_of(request)

    def predict(self, texts):
        return self.run(texts)

    def encode_response(self, output):
        return runtimes.answer(*output)


if __name__ == "__main__":
    api = JokeLanguage(api_path=f"/v2/models/{runtimes.MODEL}/infer")
    litserve.LitServer(api, accelerator="cpu").run(
        host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning"
    )
