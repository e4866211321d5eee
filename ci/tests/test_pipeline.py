"""The child pipeline: which jobs it has, and what they are told."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.tests.monorepo import Monorepo


def child(shop: Monorepo, *arguments: str) -> dict[str, Any]:
    """What is planned. GitLab leaves jobs without rules out of a merge request's pipeline, unless that has rules."""
    planned: dict[str, Any] = json.loads(shop.plan(*arguments))
    assert planned.pop("workflow") == {"rules": [{"when": "always"}]}
    return planned


def test_a_due_service_has_three_jobs_each_after_the_other(shop: Monorepo) -> None:
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    planned = child(shop)
    assert planned.pop("include") == [{"local": "/ci/service.yml", "inputs": {"publish": True}}]
    assert planned.pop("stages") == ["test", "build", "update"]
    assert list(planned) == ["cart: test", "cart: build", "cart: update"]
    assert [job["extends"] for job in planned.values()] == [".test", ".build", ".update"]
    assert [job["needs"] for job in planned.values()] == [[], ["cart: test"], ["cart: build"]]
    for job in planned.values():
        assert job["variables"]["SERVICE"] == "cart"
        assert job["variables"]["TAG"] == shop.tag("cart")


def test_an_empty_plan_is_a_pipeline_too(shop: Monorepo) -> None:
    (job,) = child(shop).values()
    assert job["script"]


def test_a_merge_request_records_nothing(shop: Monorepo) -> None:
    base = shop.head
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    planned = child(shop, "--base", base)
    assert planned["include"][0]["inputs"] == {"publish": False}
    assert [name for name in planned if ":" in name] == ["cart: test", "cart: build"]


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory) -> Monorepo:
    mall = Monorepo(tmp_path_factory.mktemp("mall") / "mall", [f"shop-{number}" for number in range(300)], packages=40)
    mall.built()
    return mall


def test_of_300_services_one_change_costs_one(mall: Monorepo) -> None:
    assert mall.due == []
    mall.change("services/shop-123/src/shop-123/part_3.py", "= 3", "= 4")
    mall.commit()
    assert [name for name in child(mall) if ":" in name] == [
        f"shop-123: {stage}" for stage in ("test", "build", "update")
    ]


def test_300_due_services_fit_into_one_pipeline(mall: Monorepo) -> None:
    """GitLab takes 150 includes at most."""
    mall.write("libs/kit/src/kit/__init__.py", "changed = 1\n")
    mall.commit()
    planned = child(mall)
    assert len(planned["include"]) == 1
    assert len([name for name in planned if ":" in name]) == 900


def test_gitlab_takes_the_child_with_its_template(shop: Monorepo, tmp_path: Path) -> None:
    """By GitLab's own schema, and each job of the plan is in the template."""
    shop.change("services/cart/src/cart/part_3.py", "= 3", "= 4")
    shop.commit()
    planned = child(shop)
    text = (Path(__file__).parents[1] / "service.yml").read_text("utf-8").split("\n---\n")[1]
    template = yaml.safe_load(re.sub(r"\$\[\[ inputs\.(\w+) ]]", r"\1", text))
    extended = {job["extends"] for name, job in planned.items() if ":" in name}
    assert extended == {name for name in template if name.startswith(".")}
    document = tmp_path / "child.json"
    document.write_text(json.dumps(planned | template))
    check = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", document]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
