"""Whoever uses joker has said what of it, in services/NAME/contracts/joker.json: that must stay."""

from pathlib import Path

from contracts import broken
from joker.app import create_app
from joker.settings import Settings

SERVICES = Path(__file__).parents[2]


def test_no_consumer_is_broken() -> None:
    assert broken("joker", create_app(Settings()).openapi(), SERVICES) == [], "docs/contracts.md: the way of a change"
