"""Whoever uses frontend has said what of it, in services/NAME/contracts/frontend.json: that must stay."""

from pathlib import Path

from contracts import broken
from frontend.app import create_app
from frontend.settings import Settings

SERVICES = Path(__file__).parents[2]


def test_no_consumer_is_broken() -> None:
    assert broken("frontend", create_app(Settings()).openapi(), SERVICES) == [], (
        "docs/contracts.md: the way of a change"
    )
