"""What visitors read, all in `words.toml`."""

import tomllib
from importlib.resources import files
from typing import Any

WORDS: dict[str, dict[str, str]] = tomllib.loads((files("frontend") / "words.toml").read_text(encoding="utf-8"))


def say(key: str, **values: Any) -> str:
    """The text of `page.name`, with values filled in; not escaped yet."""
    page, _, name = key.partition(".")
    return WORDS[page][name].format(**values)


def percent(share: float) -> str:
    """97.8 %, with spaces that do not break."""
    return "100\u00a0%" if share == 1 else f"{100 * share:.1f}\u00a0%"


def belief(probability: float) -> str:
    """A probability as a model may state it: never 0 or 100 %."""
    if probability >= 0.9995:
        return "over\u00a099.9\u00a0%"
    if probability < 0.0005:
        return "under\u00a00.1\u00a0%"
    return percent(probability)
