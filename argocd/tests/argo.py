"""What Argo CD makes of argocd/: the Applications and AppProjects that root renders, and what those render in turn.

Helm is called as Argo CD calls it: with the release's name, the namespace, and exactly the value files and parameters
of the Application. No cluster and no repository is asked.
"""

import fnmatch
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charts.tests.helm import Resource, run

ROOT = Path(__file__).parents[2]
WAVE = "argocd.argoproj.io/sync-wave"
CLUSTER_KINDS = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
"""The kinds without a namespace that anything here renders."""


@dataclass(frozen=True)
class Apps:
    """All that Argo CD works on, by name."""

    applications: dict[str, Resource]
    projects: dict[str, Resource]


def documents(text: str) -> list[Resource]:
    """The YAML documents that are not empty."""
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def read_root(root: Path = ROOT) -> Apps:
    """What a person applies."""
    return _by_kind(documents((root / "argocd" / "root.yaml").read_text("utf-8")))


def read_apps(root: Path = ROOT, **values: Any) -> Apps:
    """What a person applies, and what that renders; `values` are laid over those of argocd/apps."""
    own = read_root(root)
    extra = ("--values", "-") if values else ()
    rendered = render(own.applications["root"], root, *extra, stdin=yaml.safe_dump(values) if values else None)
    apps = _by_kind(rendered)
    return Apps({**own.applications, **apps.applications}, {**own.projects, **apps.projects})


def sources(application: Resource) -> list[dict[str, Any]]:
    """Where an Application comes from: one source or several."""
    spec = application["spec"]
    assert ("source" in spec) != ("sources" in spec), f"{name(application)}: source or sources"
    return spec.get("sources") or [spec["source"]]


def value_files(source: dict[str, Any], root: Path = ROOT) -> list[Path]:
    """The value files of a source in this repository: those with a slash begin at its root, the others at the chart."""
    listed = source.get("helm", {}).get("valueFiles", [])
    return [root / file.lstrip("/") if file.startswith("/") else root / source["path"] / file for file in listed]


def render(application: Resource, root: Path = ROOT, *arguments: str, stdin: str | None = None) -> list[Resource]:
    """What an Application of this repository renders. Raises HelmError."""
    (source,) = sources(application)
    helm = source.get("helm", {})
    options = [option for file in value_files(source, root) for option in ("--values", str(file))]
    for parameter in helm.get("parameters", []):
        value = parameter["value"].replace("$ARGOCD_APP_SOURCE_REPO_URL", source["repoURL"])
        options += ["--set", f"{parameter['name']}={value}"]
    printed = run(
        "helm",
        "template",
        helm.get("releaseName", name(application)),
        root / source["path"],
        "--namespace",
        application["spec"]["destination"]["namespace"],
        "--skip-tests",
        *options,
        *arguments,
        stdin=stdin,
    )
    return documents(printed)


def refusals(application: Resource, project: Resource) -> list[str]:
    """Why the project does not permit the Application's sources and destination, as Argo CD decides it."""
    spec, allowed = application["spec"], project["spec"]
    wrong = [
        f"source {source['repoURL']}"
        for source in sources(application)
        if not any(fnmatch.fnmatchcase(source["repoURL"], repo) for repo in allowed["sourceRepos"])
    ]
    if spec["destination"] not in allowed["destinations"]:
        wrong.append(f"destination {spec['destination']}")
    return wrong


def refused_kind(resource: Resource, project: Resource) -> bool:
    """Whether the project does not permit a resource of that kind, and of that name where it has no namespace."""
    group = resource["apiVersion"].rpartition("/")[0]
    clusterwide = resource["kind"] in CLUSTER_KINDS
    allowed = project["spec"]["clusterResourceWhitelist" if clusterwide else "namespaceResourceWhitelist"]
    return not any(
        (each["group"], each["kind"]) == (group, resource["kind"])
        and fnmatch.fnmatchcase(name(resource), each.get("name", "*"))
        for each in allowed
    )


def wave(resource: Resource) -> int:
    """When it comes."""
    annotation = resource["metadata"].get("annotations", {}).get(WAVE, "0")
    assert re.fullmatch(r"-?\d+", annotation), f"{name(resource)}: {WAVE} {annotation!r}"
    return int(annotation)


def name(resource: Resource) -> str:
    """Its name."""
    return str(resource["metadata"]["name"])


def git(*arguments: str, root: Path = ROOT) -> str:
    """What git prints of this repository."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _by_kind(resources: list[Resource]) -> Apps:
    of_kind: dict[str, dict[str, Resource]] = {"Application": {}, "AppProject": {}}
    for resource in resources:
        assert name(resource) not in of_kind[resource["kind"]], f"two of {resource['kind']} {name(resource)}"
        of_kind[resource["kind"]][name(resource)] = resource
    return Apps(of_kind["Application"], of_kind["AppProject"])
