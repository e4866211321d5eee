"""What is wrong in a repository is named, with the file and what to do."""

import re
import subprocess

import pytest

from ci.tests.monorepo import Monorepo


def cycle(shop: Monorepo) -> None:
    shop.member("libs/kit", "kit", [*shop.of_kit, "cart"])
    lock = shop.inside("kit", "libs/kit", shop.of_kit)
    shop.change("uv.lock", lock, shop.inside("kit", "libs/kit", [*shop.of_kit, "cart"]))


def without(path: str):
    return lambda shop: shop.git("rm", "--quiet", path)


def edited(path: str, old: str, new: str):
    return lambda shop: shop.change(path, old, new)


def tagged(tag: str):
    def write(shop: Monorepo) -> None:
        shop.write(IMAGE, re.sub(r'tag: ".*"', f'tag: "{tag}"', shop.read(IMAGE)))

    return write


IMAGE = "charts/umbrella/images/cart.yaml"
CHART = "charts/umbrella/Chart.yaml"
ALIAS = "  - name: service\n    alias: cart\n    version: 0.1.0\n"

PYPROJECT = "services/cart/pyproject.toml"
DOCKERFILE = "services/cart/Dockerfile"
STALE = "uv.lock is out of date"

WRONG = {
    "no Dockerfile": (without(DOCKERFILE), f"{DOCKERFILE} is missing: .* add it"),
    "no pyproject.toml": (without(PYPROJECT), f"{PYPROJECT} is missing: .* add it"),
    "a pyproject.toml that is none": (edited(PYPROJECT, "[project]", "[project"), f"{PYPROJECT} is no TOML"),
    "no lock": (without("uv.lock"), "uv.lock is missing"),
    "a lock cut short": (edited("uv.lock", "wheels = [", "wheels = "), "uv.lock cannot be read .* `uv lock`"),
    "a service not locked": (
        edited("uv.lock", '"services/cart"', '"services/other"'),
        f"{STALE}: it does not know services/cart; run `uv lock`",
    ),
    "a dependency not locked": (
        edited(PYPROJECT, '"own-cart"', '"own-cart", "new"'),
        rf"{STALE} with {PYPROJECT} \(dependencies: new\); run `uv lock`",
    ),
    "another version asked for": (
        edited("libs/kit/pyproject.toml", '"package-1"', '"package-1>=2"'),
        rf"{STALE} with libs/kit/pyproject.toml \(dependencies: package-1\)",
    ),
    "a package the lock lacks": (
        edited("uv.lock", 'name = "own-cart"\nversion', 'name = "x"\nversion'),
        "uv.lock names own-cart but has 0",
    ),
    "a cycle": (cycle, "services/cart -> libs/kit -> services/cart depend on each other: take one"),
    "no image file": (
        without(IMAGE),
        f'services/cart has no {IMAGE}: add it, with these lines:(?s:.*)    cart:\n      image:\n        tag: "dev"\n',
    ),
    "a tag of a person": (tagged("v1.2"), f'{IMAGE}: tag "v1.2" must be "dev", or .* `ci/plan --tag cart` printed'),
    "a tag cut short": (tagged("0123456789a"), f'{IMAGE}: tag "0123456789a" must be'),
    "a digest that is none": (edited(IMAGE, "sha256:", "sha1:"), f'{IMAGE}: digest "sha1:0*" must be'),
    "an image file of another shape": (edited(IMAGE, "  image:", "  picture:"), f"{IMAGE} must look like this:"),
    "no alias": (
        edited(CHART, ALIAS, ""),
        f"services/cart is missing from {CHART}: add a dependency `service` with alias: cart",
    ),
    "an alias too many": (
        edited(CHART, ALIAS, ALIAS + ALIAS.replace("cart", "gone")),
        f"{CHART} has the alias gone, and there is no services/gone: remove the alias",
    ),
    "no dependencies": (edited(CHART, "dependencies:", "needs:"), f"{CHART} has no `dependencies:`"),
    "a chart written another way": (
        edited(CHART, "    alias: cart", "    ? alias"),
        f"{CHART}: a dependency may have only lines like `alias: joker`",
    ),
    "a copy of nothing": (
        edited(DOCKERFILE, "COPY libs/kit libs/kit", "COPY libs/other ."),
        f"{DOCKERFILE}: COPY libs/other: no file of this commit is there",
    ),
    "a copy of a variable": (
        edited(DOCKERFILE, "COPY libs/kit libs", "COPY $LIBRARY libs"),
        rf"{DOCKERFILE}: COPY \$LIBRARY: write the path out",
    ),
    "a template without its number": (
        edited("ci/service.yml", "Template version 1", "Template"),
        "ci/service.yml must have a line that begins with `# Template version 1`",
    ),
    "a folder that is no name": (
        lambda shop: shop.write("services/My Cart/README.md", "x"),
        "services/My Cart: a name is lower-case letters, digits and hyphens",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_is_named(shop: Monorepo, what: str) -> None:
    spoil, message = WRONG[what]
    spoil(shop)
    shop.commit()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        shop.plan("--list")
    assert re.search(message, failed.value.stderr), failed.value.stderr
    assert "Traceback" not in failed.value.stderr
    assert failed.value.stdout == ""


def test_all_that_is_wrong_is_told_at_once(shop: Monorepo) -> None:
    shop.git("rm", "--quiet", "services/cart/Dockerfile", "charts/umbrella/images/tax.yaml")
    shop.commit()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        shop.plan()
    assert "services/cart/Dockerfile" in failed.value.stderr
    assert "images/tax.yaml" in failed.value.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tag", "cort"], "cort is not a service: one of cart search tax"),
        (["nowhere"], "nowhere is no commit of this clone"),
        (["--base", "0" * 40], "git fetch --depth=1 origin 0{40}"),
        (["--work-tree"], "--work-tree goes with --tag"),
    ],
)
def test_a_wrong_argument_is_named(shop: Monorepo, arguments: list[str], message: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        shop.plan(*arguments)
    assert re.search(message, failed.value.stderr), failed.value.stderr
