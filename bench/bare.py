"""What a Python HTTP server can do: uvicorn and an ASGI app that reads the body and answers a constant."""

import sys
from typing import Any

import uvicorn

PROBABILITIES = ",".join(["0.07692307692307693"] * 13)
BODY = (
    '{"model_name":"joke-language","model_version":"0123456789ab","outputs":['
    '{"name":"language","datatype":"BYTES","shape":[1],"parameters":{"content_type":"str"},"data":["de"]},'
    f'{{"name":"probabilities","datatype":"FP32","shape":[1,13],"data":[{PROBABILITIES}]}},'
    '{"name":"abstained","datatype":"BOOL","shape":[1],"data":[false]}]}'
).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(scope: Any, receive: Any, send: Any) -> None:
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_config=None, access_log=False, server_header=False)
