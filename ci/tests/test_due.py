"""Which changes make which services due."""

import pytest

from ci.tests.monorepo import Monorepo


def test_nothing_is_due_once_all_is_recorded(shop: Monorepo) -> None:
    assert shop.due == []


def test_all_is_due_before_anything_was_built(tmp_path) -> None:
    assert Monorepo(tmp_path, ["cart", "search"]).due == ["cart", "search"]


CHANGES = {
    "its code": ("services/cart/src/cart/part_3.py", "= 3", "= 4", ["cart"]),
    "its Dockerfile": ("services/cart/Dockerfile", "--no-dev", "--no-dev  --compile-bytecode", ["cart"]),
    "its README": ("services/cart/README.md", "cart", "trolley", []),
    "its tests": ("services/cart/tests/test_cart.py", "...", "assert True", []),
    "the library": ("libs/kit/src/kit/__init__.py", "", "changed = 1\n", ["cart", "search", "tax"]),
    "the README": ("README.md", "shop", "store", []),
    ".dockerignore": (".dockerignore", "**/tests\n", "**/tests\n**/notes\n", ["cart", "search", "tax"]),
    "the version of uv": ("pyproject.toml", "uv==0.13.9", "uv==0.14.0", ["cart", "search", "tax"]),
    "settings of uv": (
        "pyproject.toml",
        "package = false",
        "package = false\nno-binary = true",
        ["cart", "search", "tax"],
    ),
    "a tool of development": ("pyproject.toml", '"uv==', '"ruff", "uv==', []),
    "a source of the root": (
        "pyproject.toml",
        "[tool.uv.sources]",
        "[tool.uv.sources]\ncart = { workspace = true }",
        [],
    ),
    "the template": ("ci/service.yml", "version 1", "version 2", ["cart", "search", "tax"]),
    "the pipeline": (".gitlab-ci.yml", "", "# new\n", []),
    "the chart": ("charts/umbrella/Chart.yaml", "name: shop", "name: store", []),
    "its slice of the lock": ("uv.lock", "sha256:own-cart1.0cp313", "sha256:other", ["cart"]),
    "what all have of the lock": ("uv.lock", "sha256:package-11.0cp313", "sha256:other", ["cart", "search", "tax"]),
    "where the lock has it from": ("uv.lock", "https://files.pythonhosted.org/", "https://mirror.example/", []),
    "the rest of the lock": ("uv.lock", "revision = 3", "revision = 4", []),
    "a size in the lock": ("uv.lock", "size = 1234", "size = 1235", []),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_makes_due_what_it_reaches(shop: Monorepo, what: str) -> None:
    path, old, new, due = CHANGES[what]
    if not old:
        shop.write(path, new)
    else:
        shop.change(path, old, new)
    assert shop.due == [], "the work tree counts"
    shop.commit()
    assert shop.due == due
    shop.built()
    assert shop.due == []


def test_what_is_due_stays_due_whatever_follows(shop: Monorepo) -> None:
    shop.change("services/tax/src/tax/part_1.py", "1", "2")
    shop.commit()
    for number in range(3):
        shop.write("README.md", f"{number}\n")
        shop.commit()
        assert shop.due == ["tax"]


def test_a_revert_has_the_old_tag_again(shop: Monorepo) -> None:
    before = shop.tag("cart")
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    assert shop.tag("cart") != before
    shop.git("-c", "user.name=T", "-c", "user.email=t@localhost", "revert", "--no-edit", "HEAD")
    assert shop.tag("cart") == before
    assert shop.due == []


def test_a_file_is_made_executable_renamed_or_taken_away(shop: Monorepo) -> None:
    tags = [shop.tag("cart")]
    part = shop.folder / "services/cart/src/cart/part_3.py"
    part.chmod(0o755)
    shop.commit()
    tags.append(shop.tag("cart"))
    part.rename(part.with_name("other.py"))
    shop.commit()
    tags.append(shop.tag("cart"))
    part.with_name("other.py").unlink()
    shop.commit()
    tags.append(shop.tag("cart"))
    assert len(set(tags)) == 4


def test_a_group_counts_where_the_dockerfile_installs_it(shop: Monorepo) -> None:
    def with_group(group: str, version: str) -> None:
        lock = shop.lock() + "\n" + shop.outside("package-0").replace("package-0", "trainer").replace("1.0", version)
        lock = lock.replace(
            'source = { editable = "services/cart" }',
            f'source = {{ editable = "services/cart" }}\ndev-dependencies = {{ {group} = [{{ name = "trainer" }}] }}',
        )
        project = shop.read("services/cart/pyproject.toml").split("\n[dependency-groups]")[0]
        shop.write("services/cart/pyproject.toml", f'{project}\n[dependency-groups]\n{group} = ["trainer"]\n')
        head, _, tail = lock.partition('source = { editable = "services/cart" }')
        tail = tail.replace(
            "[package.metadata]\n", f'[package.metadata]\nrequires-dev = {{ {group} = [{{ name = "trainer" }}] }}\n', 1
        )
        shop.write("uv.lock", head + 'source = { editable = "services/cart" }' + tail)
        shop.commit()

    shop.change("services/cart/Dockerfile", "--package cart", "--package cart && uv sync --no-dev --group train")
    with_group("train", "1.0")
    assert shop.due == ["cart"]
    shop.built()
    with_group("train", "2.0")
    assert shop.due == ["cart"]
    with_group("clients", "1.0")
    shop.built()
    with_group("clients", "2.0")
    assert shop.due == []


def test_a_merge_request_is_planned_against_its_base(shop: Monorepo) -> None:
    base = shop.head
    shop.change("services/tax/src/tax/part_1.py", "1", "2")
    shop.commit()
    middle = shop.head
    shop.change("services/cart/src/cart/part_1.py", "1", "2")
    shop.commit()
    assert shop.plan("--base", base, "--list").split() == ["cart", "tax"]
    assert shop.plan("--base", middle, "--list").split() == ["cart"]
    assert shop.due == ["cart", "tax"]
    assert shop.plan("--base", base, middle, "--list").split() == ["tax"]


def test_explain_says_what_changed_and_since_when(shop: Monorepo) -> None:
    shop.change("services/tax/src/tax/part_1.py", "1", "2")
    shop.commit()
    told = shop.plan("--explain")
    cart, _, tax = told.split("\n\n")
    assert cart.startswith("cart: not due")
    assert tax.startswith("tax: due")
    assert "changed since it was built: services/tax/src/tax/part_1.py" in tax
    assert shop.tag("tax") in tax
    assert "services/tax (13 files), libs/kit (2 files)" in tax
    assert "uv.lock (6 packages)" in tax
