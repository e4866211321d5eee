"""Whoever uses model has said what of it, in services/NAME/contracts/model.json: that must stay."""

from pathlib import Path

from contracts import broken
from model.app import create_app
from model.settings import Settings

SERVICES = Path(__file__).parents[2]


def test_no_consumer_is_broken() -> None:
    assert broken("model", create_app(Settings()).openapi(), SERVICES) == [], "docs/contracts.md: the way of a change"
