"""The letters that spoke for an answer, in the text as it was written."""

import pytest
from frontend.evidence import highlight
from hypothesis import given
from hypothesis import strategies as st

GRAMS = st.tuples(st.text(min_size=1, max_size=3), st.floats(-10, 50, allow_nan=False))


@pytest.mark.parametrize(
    ("text", "evidence", "pieces"),
    [
        ("Warum?", [("ru", 3.0)], [("Wa", 0), ("ru", 3), ("m?", 0)]),
        ("WARUM", [("ru", 3.0)], [("WA", 0), ("RU", 3), ("M", 0)]),
        ("zu an azu", [(" zu", 3.0)], [("zu", 3), (" an azu", 0)]),  # at the beginning of a word only
        ("so, was", [("o ", 2.0), (" wa", 6.0)], [("s", 0), ("o", 2), (", ", 0), ("wa", 3), ("s", 0)]),
        ("ab ab", [("b", 1.0), ("a", 8.0)], [("a", 3), ("b", 1), (" ", 0), ("a", 3), ("b", 1)]),
        ("cafe\u0301 x", [("fé ", 1.0)], [("ca", 0), ("fe\u0301", 3), (" x", 0)]),  # e and its accent, apart
        ("don't", [("t", 1.0)], [("don'", 0), ("t", 3)]),
        ("nichts", [("xy", 9.0)], [("nichts", 0)]),
        ("", [("a", 1.0)], []),
    ],
)
def test_letters_are_found_where_they_stand(
    text: str, evidence: list[tuple[str, float]], pieces: list[tuple[str, int]]
) -> None:
    assert highlight(text, evidence) == pieces


@given(st.text(max_size=200), st.lists(GRAMS, max_size=10))
def test_no_letter_is_lost_or_changed(text: str, evidence: list[tuple[str, float]]) -> None:
    pieces = highlight(text, evidence)
    assert "".join(piece for piece, _ in pieces) == text
    assert {level for _, level in pieces} <= {0, 1, 2, 3}
