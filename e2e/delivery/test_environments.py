"""Production: promoted and rolled back by a commit, frozen, and helped by hand when git is too slow."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.promote import set_key
from e2e.delivery.argo import Argo
from e2e.delivery.conftest import PRODUCTION, STAGING, production_values, staging_values
from e2e.delivery.origin import Origin
from e2e.kubernetes import run, wait
from e2e.release import Release

DOCUMENT = Path("docs/delivery.md")
ENTRIES = "argocd/apps/values.yaml"
PROMETHEUS = "argocd/values/prometheus.yaml"
APPLICATION = "umbrella-production"


@pytest.fixture(scope="module")
def production() -> Release:
    return Release("punchline-production")


def promote(origin: Origin) -> str:
    """What a person does: `make promote`, a commit, a push."""
    print(run("make", "-C", str(origin.clone), "promote", "ENV=", f"BIN={Path(sys.executable).parent}"))
    return origin.push("production: promoted")


def freeze(origin: Origin, frozen: str) -> str:
    """Change the one line that freezes production."""
    text = (origin.clone / ENTRIES).read_text("utf-8")
    return origin.commit(f"production: frozen {frozen}", {ENTRIES: set_key(text, "production", "frozen", frozen)})


def deployed(argo: Argo, commit: str) -> bool:
    """Whether production is at a commit, and well."""
    argo.state("root")
    return argo.state(APPLICATION) == ("Synced", "Healthy", commit)


def setting(release: Release) -> str:
    """A setting of joker's, by which these tests tell what is deployed."""
    found: str = release.get("configmap", "joker")["data"]["TELL"]
    return found


def pod_template(release: Release) -> Any:
    """What joker's pods are made from."""
    return release.get("deployment", "joker")["spec"]["template"]


def documented(words: str) -> list[str]:
    """The commands of docs/delivery.md, a block each, in the paragraph that begins with these words."""
    paragraph = DOCUMENT.read_text("utf-8").partition(f"\n{words}")[2].partition("\n**")[0]
    return re.findall(r"^```sh\n(.*?)^```$", paragraph, re.DOTALL | re.MULTILINE)


def with_setting(value: str) -> dict[str, str]:
    return {PRODUCTION: production_values(joker={"config": {"TELL": value}})}


def test_promotion_and_the_way_back(argo: Argo, origin: Origin, staging: Release, production: Release) -> None:
    assert APPLICATION not in argo.applications()
    first = origin.commit("one", with_setting("one"))
    argo.wait_synced("root", promote(origin))
    argo.wait_synced(APPLICATION, first)
    assert setting(production) == "one"

    # Later commits reach staging, and not production.
    second = origin.commit("two", with_setting("two"))
    argo.wait_synced("umbrella-staging", second)
    argo.wait_synced(APPLICATION, first)
    assert setting(production) == "one"

    promotion = promote(origin)
    argo.wait_synced("root", promotion)
    argo.wait_synced(APPLICATION, second)
    assert setting(production) == "two"

    argo.wait_synced("root", origin.revert(promotion))
    argo.wait_synced(APPLICATION, first)
    assert setting(production) == "one"


def test_what_is_not_well_holds_up_nobody(argo: Argo, origin: Origin, staging: Release, production: Release) -> None:
    """Waves wait for what changes with them, or a broken commit would keep production from being rolled back."""
    mounts = (origin.clone / PROMETHEUS).read_text("utf-8").replace("configMap: punchline-rules", "configMap: missing")
    image = {"image": {"tag": "missing"}, "config": {"LOG_LEVEL": "info"}}
    files = {PROMETHEUS: mounts, STAGING: staging_values(joker=image), **with_setting("three")}
    broken = origin.commit("an image and a ConfigMap that are not there", files)
    for name in ("prometheus", "umbrella-staging"):
        wait(f"{name} is rolling", lambda name=name: argo.state(name)[::2] == ("Synced", broken))
        wait(f"{name} is not well", lambda name=name: argo.state(name)[1] == "Progressing")
    promotion = promote(origin)
    wait("production is promoted", deployed, argo, broken)
    assert setting(production) == "three"
    assert {argo.state(name)[1] for name in ("prometheus", "umbrella-staging")} == {"Progressing"}
    origin.revert(promotion)
    argo.wait_synced("umbrella-staging", origin.revert(broken))


def test_frozen(argo: Argo, origin: Origin, staging: Release, production: Release) -> None:
    wanted = argo.application(APPLICATION)["spec"]["source"]["targetRevision"]
    wait("production is what it is to be", deployed, argo, wanted)
    before = setting(production)
    argo.wait_synced("root", freeze(origin, "true"))
    change = origin.commit("five", with_setting("five"))
    argo.wait_synced("umbrella-staging", change)
    promote(origin)
    wait(
        "root has it",
        lambda: argo.state("root") and argo.application(APPLICATION)["spec"]["source"]["targetRevision"] == change,
    )
    wait(
        "the difference is seen",
        lambda: argo.state(APPLICATION)[::2] == ("OutOfSync", change),
    )
    argo.wait_compared_again(APPLICATION)
    assert setting(production) == before

    freeze(origin, "false")
    wait("production catches up", deployed, argo, change)
    assert setting(production) == "five"


def test_in_an_emergency_argo_cd_is_told_to_keep_still(argo: Argo, origin: Origin, production: Release) -> None:
    keep_still, undo, go_on = documented("**In an emergency**")
    argo.wait_synced("root", origin.head)
    _, _, commit = argo.state(APPLICATION)
    in_git = pod_template(production)
    try:
        run("bash", "-euc", keep_still)
        run("bash", "-euc", undo)
        undone = pod_template(production)
        assert undone != in_git
        argo.wait_compared_again(APPLICATION)
        argo.wait_compared_again("root")
        assert pod_template(production) == undone
    finally:
        run("bash", "-euc", go_on)
    # Root alone: what it finds switched off below it, it switches on.
    wait("git is in force again", lambda: deployed(argo, commit) and pod_template(production) == in_git)
    argo.wait_synced("root", origin.head)


def test_a_lost_line_takes_no_environment_away(argo: Argo, origin: Origin, production: Release) -> None:
    pods = wait("production is well", production.ready, "joker")
    values = yaml.safe_load((origin.clone / ENTRIES).read_text("utf-8"))
    del values["environments"]["production"]
    lost = origin.commit("a line gets lost", {ENTRIES: yaml.safe_dump(values)})
    wait("root sees it", lambda: argo.state("root")[::2] == ("OutOfSync", lost))
    argo.wait_compared_again("root")
    assert APPLICATION in argo.applications()
    assert production.ready("joker") == pods
    argo.wait_synced("root", origin.revert(lost))
