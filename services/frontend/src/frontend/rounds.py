"""A round of ten jokes, visitor against model, as a text that fits into an address.

The server keeps nothing: the round goes from page to page in links and forms. So any replica can go on with it, two
tabs are two rounds, going back takes a turn back, and there is no cookie. Whoever forges a round cheats at a game
against themselves.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Self

TURNS = 10
MAX_STREAK = 9999

_TURN = re.compile(r"([rw])([rws])([0-9a-f]{4})")
_RIGHT = {"r": True, "w": False, "s": None}
_LETTER = {right: letter for letter, right in _RIGHT.items()}


@dataclass(frozen=True)
class Turn:
    """Who was right; `model` is None where it stayed silent. `tag` tells the jokes of a round apart."""

    visitor: bool
    model: bool | None
    tag: str


@dataclass(frozen=True)
class Round:
    """The turns so far, and how many jokes in a row the visitor got right, rounds before this one included."""

    turns: tuple[Turn, ...] = ()
    streak: int = 0

    @classmethod
    def parse(cls, text: str, streak: int) -> Self:
        """What `text` and `streak` gave. Anything that no page of ours made starts a new round."""
        found = _TURN.findall(text)
        if len(found) > TURNS or len(text) != 6 * len(found):
            found = []
        turns = tuple(Turn(visitor == "r", _RIGHT[model], tag) for visitor, model, tag in found)
        return cls(turns, max(0, min(streak, MAX_STREAK)))

    @property
    def text(self) -> str:
        """The turns, six letters each."""
        return "".join(_LETTER[turn.visitor] + _LETTER[turn.model] + turn.tag for turn in self.turns)

    @property
    def visitor(self) -> int:
        """Jokes that the visitor got right."""
        return sum(turn.visitor for turn in self.turns)

    @property
    def model(self) -> int:
        """Jokes that the model got right."""
        return sum(turn.model is True for turn in self.turns)

    @property
    def finished(self) -> bool:
        """Whether all ten jokes are guessed."""
        return len(self.turns) >= TURNS

    @property
    def afresh(self) -> "Round":
        """The round after this one."""
        return Round(streak=self.streak)

    def has(self, joke_id: str) -> bool:
        """Whether a joke was in this round already; by 16 bits, so about once in 6,500 times for one that was not."""
        return _tag(joke_id) in {turn.tag for turn in self.turns}

    def played(self, joke_id: str, visitor: bool, model: bool | None) -> "Round":
        """The round with one more turn. A joke counts once, and a finished round stays as it is."""
        if self.finished or self.has(joke_id):
            return self
        streak = min(self.streak + 1, MAX_STREAK) if visitor else 0
        return Round((*self.turns, Turn(visitor, model, _tag(joke_id))), streak)


def _tag(joke_id: str) -> str:
    return f"{zlib.crc32(joke_id.encode()) & 0xFFFF:04x}"
