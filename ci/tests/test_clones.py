"""The same tags from every clone, and a clear word where a clone has too little."""

import subprocess
from pathlib import Path

import pytest

from ci.tests.monorepo import Monorepo
from planner.plan import Commits


def clone(shop: Monorepo, folder: Path, *options: str) -> Monorepo:
    shop.git("config", "uploadpack.allowFilter", "true")
    subprocess.run(["git", "clone", "--quiet", *options, f"file://{shop.folder}", folder], check=True)
    return shop.copy_to(folder)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--bare"],
        ["--depth=1"],
        ["--filter=blob:none", "--no-checkout"],
        ["--filter=tree:0", "--no-checkout"],
        ["-c", "core.autocrlf=true"],
    ],
    ids=["full", "bare", "shallow", "without blobs", "without trees", "with CRLF"],
)
def test_every_clone_gives_the_same_tags(shop: Monorepo, tmp_path: Path, options: list[str]) -> None:
    other = clone(shop, tmp_path / "clone", *options)
    assert [other.tag(name) for name in shop.services] == [shop.tag(name) for name in shop.services]
    assert other.due == []


def test_the_work_tree_and_the_index_stay_as_they_are(shop: Monorepo) -> None:
    committed = shop.tag("cart")
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.write("services/cart/src/cart/new.py", "")
    before = shop.git("status", "--porcelain")
    now = shop.plan("--tag", "cart", "--work-tree").strip()
    assert shop.git("status", "--porcelain") == before
    assert shop.tag("cart") == committed != now
    shop.commit()
    assert shop.tag("cart") == now


def test_it_works_from_a_folder_below(shop: Monorepo) -> None:
    shop.folder /= "services/cart"
    assert shop.plan("--tag", "cart").strip() == shop.tag("cart")


def test_a_base_that_a_shallow_clone_lacks_is_asked_for(shop: Monorepo, tmp_path: Path) -> None:
    base = shop.head
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    other = clone(shop, tmp_path / "clone", "--depth=1")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        other.plan("--base", base, "--list")
    command = f"git fetch --depth=1 origin {base}"
    assert command in failed.value.stderr
    other.git(*command.split()[1:])
    assert other.plan("--base", base, "--list").split() == ["cart"]


def test_a_partial_clone_that_has_lost_its_origin_says_so(shop: Monorepo, tmp_path: Path) -> None:
    other = clone(shop, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    shop.folder.rename(tmp_path / "away")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        other.plan("--list")
    assert "is not in this clone, which is partial, and could not be fetched" in failed.value.stderr


def test_what_changed_is_left_open_where_the_commit_is_missing(shop: Monorepo, tmp_path: Path) -> None:
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    other = clone(shop, tmp_path / "clone", "--depth=1")
    assert "the commit it was built from is not in this clone" in other.plan("--explain")


def test_without_git_there_is_no_tag(tmp_path: Path) -> None:
    command = [Path(__file__).parents[1] / "plan", "--tag", "cart"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": "/"},
    )
    assert done.returncode
    assert "is in no repository" in done.stderr or "needs Python 3.11" in done.stderr


def test_a_hash_never_depends_on_the_order_of_a_set(shop: Monorepo) -> None:
    tags = set()
    for seed in ("0", "1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PATH": subprocess.os.environ["PATH"]}
        command = [Path(__file__).parents[1] / "plan", "--tag", "cart"]
        tags.add(
            subprocess.run(command, cwd=shop.folder, check=True, capture_output=True, text=True, env=environment).stdout
        )
    assert tags == {Commits(shop.folder)("HEAD").inputs("cart").tag + "\n"}
