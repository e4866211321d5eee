"""`make promote`: what it writes, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from argocd.tests.argo import ROOT, git, read_apps, sources
from charts.tests.helm import load

ENTRIES = "argocd/apps/values.yaml"
ALL = sorted(path.stem for path in (ROOT / "charts/umbrella/images").glob("*.yaml"))
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of what is here, with one commit that is pushed."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git("init", "-q", "--bare", "-b", "main", str(origin))
    git("clone", "-q", str(origin), str(clone))
    git("switch", "-q", "-c", "main", root=clone)
    for name in git("ls-files", "argocd", "charts/umbrella").splitlines():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_bytes((ROOT / name).read_bytes())
    commit(clone, "all")
    git("push", "-q", "origin", "main", root=clone)
    return clone


def commit(clone: Path, message: str) -> str:
    git("add", "-A", root=clone)
    git(*IDENTITY, "commit", "-q", "-m", message, root=clone)
    return git("rev-parse", "HEAD", root=clone).strip()


def promote(clone: Path, environment: str = "production", revision: str = "HEAD") -> tuple[int, str]:
    """The exit status of `make promote`, and all that it says."""
    command = [sys.executable, str(ROOT / "dev" / "promote.py"), environment, revision]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_it_moves_one_environment(clone: Path) -> None:
    before = load(clone / ENTRIES)
    first = git("rev-parse", "HEAD", root=clone).strip()
    status, said = promote(clone)
    assert status == 0, said
    assert f"production: nothing -> {first[:12]}" in said
    assert git("diff", "--name-only", root=clone).split() == [ENTRIES]
    after = load(clone / ENTRIES)
    assert after["environments"].pop("production") == {
        **before["environments"].pop("production"),
        "revision": first,
        "services": ALL,
    }
    assert after == before
    (source,) = sources(read_apps(clone).applications["umbrella-production"])
    assert source["targetRevision"] == first

    commit(clone, "promoted")
    (clone / "charts" / "umbrella" / "images" / "joker.yaml").unlink()
    (clone / "charts" / "umbrella" / "images" / "model.yaml").write_text('model: {image: {tag: "cafe"}}\n')
    second = commit(clone, "joker is no more")
    git("push", "-q", "origin", "main", root=clone)
    status, said = promote(clone)
    assert status == 0, said
    assert f"production: {first[:12]} -> {second[:12]}" in said
    assert "  model        cafe" in said
    assert "joker is no more" in said
    assert load(clone / ENTRIES)["environments"]["production"]["services"] == [name for name in ALL if name != "joker"]


def test_a_revert_of_the_promotion_is_the_way_back(clone: Path) -> None:
    promote(clone)
    before = (clone / ENTRIES).read_text("utf-8")
    commit(clone, "first")
    (clone / "charts" / "umbrella" / "values.yaml").write_text("{}\n")
    commit(clone, "a change")
    git("push", "-q", "origin", "main", root=clone)
    promote(clone)
    promoted = commit(clone, "second")
    assert (clone / ENTRIES).read_text("utf-8") != before
    git(*IDENTITY, "revert", "--no-edit", promoted, root=clone)
    assert (clone / ENTRIES).read_text("utf-8") == before


def test_what_argo_cd_could_not_deploy_is_refused(clone: Path) -> None:
    assert promote(clone, environment="prodution")[0] == 1
    assert "TO=prodution: argocd/apps/values.yaml has staging, production" in promote(clone, environment="prodution")[1]
    assert "REV=nowhere: there is no such commit" in promote(clone, revision="nowhere")[1]

    (clone / "argocd" / "environments" / "production.yaml").unlink()
    unpushed = commit(clone, "no production")
    assert f"REV=HEAD: {unpushed[:12]} is not pushed" in promote(clone)[1]
    git("push", "-q", "origin", "main", root=clone)
    assert "REV=HEAD: argocd/environments/production.yaml is not there" in promote(clone)[1]
    assert git("diff", "--name-only", root=clone) == ""


def test_an_entry_that_it_cannot_change_is_left_alone(clone: Path) -> None:
    entries = clone / ENTRIES
    text = entries.read_text("utf-8").replace('    revision: ""', '    "revision": ""')
    entries.write_text(text, "utf-8")
    status, said = promote(clone)
    assert status == 1
    assert "environments.production" in said
    assert entries.read_text("utf-8") == text
