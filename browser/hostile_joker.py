"""A joker whose jokes are out to get the page: run as a file, in place of the real one."""

import servicekit
from fastapi import FastAPI
from servicekit import ServiceSettings

JOKES = {
    "script": '<script>window.caught = true</script><img src=x onerror="window.caught = true">',
    "markup": "</blockquote></main><h1>Hello</h1> {{ 7*7 }} ${7*7} &lt;b&gt; '\"`",
    "rtl": "‮gnp.exe‬ مزحة قصيرة جداً ‏عن البرمجة",
    "long": "W" * 1500,
    "lines": "one\n\n\n    two\ttabs\u2028three\0four",
}


def create_app(settings: ServiceSettings) -> FastAPI:
    app = servicekit.create_app("joker", settings, summary="Hostile jokes")

    @app.get("/v1/jokes/random")
    async def random_joke() -> dict[str, str]:
        return joke("script")

    @app.get("/v1/jokes/{name}")
    async def by_name(name: str) -> dict[str, str]:
        return joke(name)

    return app


def joke(name: str) -> dict[str, str]:
    return {"id": name, "text": JOKES[name], "language": "en", "category": "neutral"}


if __name__ == "__main__":
    servicekit.main(ServiceSettings, create_app)
