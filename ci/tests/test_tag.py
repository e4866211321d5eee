"""The tag itself."""

from ci.tests.monorepo import Monorepo


def test_the_tag_of_the_same_inputs_is_the_same_in_every_version_of_the_planner(shop: Monorepo) -> None:
    """A change of the hashing makes every service of everyone due, once: every image is built anew.

    If this fails though monorepo.py is as it was, that has happened. Where it is meant, write the new tag here and say
    it in CHANGELOG.md.
    """
    assert shop.tag("cart") == "34acaba5e324fedb"
