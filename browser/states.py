"""Every page in every state that a visitor can meet, as data: pictures are made of them, and axe checks them."""

from dataclasses import dataclass

POLISH, GALICIAN, ENGLISH, GERMAN = "034d693e4df1", "00768732db5c", "defce6a9ffb9", "dacd6e0039a1"
"""Jokes, by ids that stay: one that the model knows, one on which it abstains, two that it gets wrong."""

MIDGAME = "round=rr0001wr0002rs0003rr0004&streak=2"
FINISHED = "rr0001wr0002rs0003rr0004rw0005rr0006wr0007rr0008rr0009rs000a"


@dataclass(frozen=True)
class State:
    """A page: what to open, what to click then, which services are away, and the status it has."""

    name: str
    path: str
    status: int = 200
    click: str = ""
    away: tuple[str, ...] = ()
    pictured: bool = True


STATES = [
    State("guess", f"/jokes/{POLISH}?{MIDGAME}"),
    State("first", f"/jokes/{GERMAN}", pictured=False),
    State("reveal", f"/jokes/{POLISH}?guess=pl&{MIDGAME}"),
    State("reveal-wrong", f"/jokes/{POLISH}?guess=cs&{MIDGAME}"),
    State("reveal-silent", f"/jokes/{GALICIAN}?guess=gl&{MIDGAME}"),
    State("reveal-won", f"/jokes/{ENGLISH}?guess=en&{MIDGAME}", pictured=False),
    State("reveal-both-wrong", f"/jokes/{GERMAN}?guess=pl&{MIDGAME}", pictured=False),
    State("reveal-degraded", f"/jokes/{POLISH}?guess=pl&{MIDGAME}", away=("model",)),
    State("result", f"/result?round={FINISHED}&streak=3"),
    State("result-unfinished", f"/result?{MIDGAME}", pictured=False),
    State("try", "/try"),
    State("try-answer", "/try", click="text=Kodėl programuotojai"),
    State("try-silent", "/try", click="text=Hvorfor er det"),
    State("try-away", "/try", status=503, click="text=Kodėl programuotojai", away=("model",), pictured=False),
    State("model", "/model"),
    State("model-away", "/model", status=503, away=("model",), pictured=False),
    State("hood", "/hood"),
    State("hood-degraded", "/hood", away=("model",), pictured=False),
    State("hood-api", "/hood/model", pictured=False),
    State("not-found", "/jokes/none", status=404),
    State("no-joke", f"/?{MIDGAME}", status=503, away=("joker",)),
]
