"""Texts to ask about: in 13 languages, 20 to 400 characters, none twice; and as many of which every word is new."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from model import corpus
from servers import CACHE, Server

SINGLE, BATCHES, BATCH = 100_000, 4_000, 32
LENGTHS = (20, 400)
SEED = 8


def texts(seed: int = SEED, new_words: float = 0.0) -> Iterator[str]:
    """Endless: words of one language's jokes in a new order. A share of words, `new_words`, was never said before."""
    rng = random.Random(seed)
    words: defaultdict[str, list[str]] = defaultdict(list)
    jokes = corpus.read()
    for text, language in zip(jokes.texts, jokes.languages, strict=True):
        words[str(language)] += text.split()
    languages = sorted(words)
    said: set[str] = set()
    while True:
        own = words[rng.choice(languages)]
        length = rng.randint(*LENGTHS)
        text = rng.choice(own)
        while len(text) < length:
            text += " " + (_new(own, said, rng) if rng.random() < new_words else rng.choice(own))
        text = text[: LENGTHS[1]].strip()
        if len(text) >= LENGTHS[0] and text not in said:
            said.add(text)
            yield text


def _new(own: list[str], said: set[str], rng: random.Random) -> str:
    while True:
        word = "".join(part[rng.randrange(3) : rng.randint(3, 7)] for part in rng.choices(own, k=3))
        if word not in said:
            said.add(word)
            return word


def bodies(server: Server, rows: int, new_words: float = 0.0) -> Path:
    """A file of request bodies, one a line, for the load generators."""
    kind = f"{server.output}-{rows}-{new_words:g}"
    file = CACHE / f"bodies-{kind}.jsonl"
    if not file.exists():
        source = texts(new_words=new_words)
        part = file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            for _ in range(SINGLE if rows == 1 else BATCHES * BATCH // rows):
                out.write(json.dumps(server.request([next(source) for _ in range(rows)]), ensure_ascii=False) + "\n")
        part.rename(file)
    return file


def binary_bodies() -> Path:
    """As `bodies`, one text each, as binary tensors."""
    file = CACHE / "bodies-binary.bin"
    if not file.exists():
        source = texts()
        part = file.with_suffix(".part")
        with part.open("wb") as out:
            for _ in range(SINGLE // 2):
                raw = next(source).encode()
                data = len(raw).to_bytes(4, "little") + raw
                size = {"binary_data_size": len(data)}
                tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "parameters": size}
                head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
                out.write(b"%d %d\n" % (len(head), len(head + data)) + head + data)
        part.rename(file)
    return file
