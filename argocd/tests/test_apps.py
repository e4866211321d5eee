"""Every Application and AppProject as Argo CD takes it: schema, project, paths, value files, order."""

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from argocd.tests.argo import (
    ROOT,
    Apps,
    documents,
    git,
    name,
    read_apps,
    read_root,
    refusals,
    refused_kind,
    render,
    sources,
    value_files,
    wave,
)
from argocd.tests.crds import SCHEMAS, problems
from charts.tests.helm import IMAGES, HelmError, Resource, load, run
from charts.tests.test_renders import check

FINALIZER = "resources-finalizer.argocd.argoproj.io"
PROMOTED = {"revision": "0" * 40, "services": [path.stem for path in IMAGES]}
APPS = read_apps(environments={"production": PROMOTED})
VENDORED = read_apps(vendored="vendor")
RESOURCES = [*APPS.applications.values(), *APPS.projects.values()]
CHILDREN = [application for application in APPS.applications.values() if name(application) != "root"]
ENVIRONMENTS = load(ROOT / "argocd" / "apps" / "values.yaml")["environments"]

SHOWN = {"Pod", "ReplicaSet"}
"""Kinds that are permitted so that Argo CD shows them."""

OPTIONS = {
    "CreateNamespace=true",
    "ServerSideApply=true",
    "PruneLast=true",
    "FailOnSharedResource=true",
    "ApplyOutOfSyncOnly=true",
}
"""Argo CD passes over a sync option that it does not know: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/"""


def ours(application: Resource) -> bool:
    """Whether all of it comes from this repository."""
    url = APPS.applications["root"]["spec"]["source"]["repoURL"]
    return [source["repoURL"] for source in sources(application)] == [url]


@pytest.mark.parametrize("resource", [*RESOURCES, *VENDORED.applications.values()], ids=name)
def test_argo_cd_takes_it(resource: Resource) -> None:
    """All of it: a field that is not known is an error here, where Kubernetes would pass over it."""
    assert problems(resource) == []
    assert resource["apiVersion"] == "argoproj.io/v1alpha1"
    assert resource["metadata"]["namespace"] == "argocd"
    assert resource["metadata"]["finalizers"] == [FINALIZER]


def test_a_misspelt_field_is_found() -> None:
    rules = APPS.applications["rules"]
    broken = {**rules, "spec": {**rules["spec"], "syncPolicy": {"automated": {"selfHael": True}}}}
    (problem,) = problems(broken)
    assert problem.startswith("spec.syncPolicy.automated: ")
    assert "'selfHael' was unexpected" in problem


@pytest.mark.parametrize("application", APPS.applications.values(), ids=name)
def test_it_is_kept_as_git_has_it(application: Resource) -> None:
    policy = application["spec"]["syncPolicy"]
    assert policy["automated"]["prune"] is policy["automated"]["selfHeal"] is True
    assert policy["retry"]["limit"] > 0
    assert "ServerSideApply=true" in policy["syncOptions"]
    assert set(policy["syncOptions"]) <= OPTIONS
    if name(application) != "root":
        assert policy["automated"]["enabled"] is True
        assert "CreateNamespace=true" in policy["syncOptions"]
        labels = policy["managedNamespaceMetadata"]["labels"]
        assert labels == {"pod-security.kubernetes.io/enforce": "restricted"}
        # A claim's kind, which the API server adds, would keep Prometheus' chart OutOfSync for ever.
        annotations = application["metadata"]["annotations"]
        assert annotations["argocd.argoproj.io/compare-options"] == "ServerSideDiff=true"
    assert "ignoreDifferences" not in application["spec"]


@pytest.mark.parametrize("apps", [APPS, VENDORED], ids=["upstream", "vendored"])
def test_each_application_is_permitted_by_its_project_and_by_no_other(apps: Apps) -> None:
    for application in apps.applications.values():
        project = apps.projects[application["spec"]["project"]]
        assert refusals(application, project) == [], name(application)
        others = [name(other) for other in apps.projects.values() if not refusals(application, other)]
        assert others == [name(project)], f"{name(application)} would be permitted by {others}"


@pytest.mark.parametrize("application", APPS.applications.values(), ids=name)
def test_its_project_permits_what_it_renders(application: Resource) -> None:
    project = APPS.projects[application["spec"]["project"]]
    if "CreateNamespace=true" in application["spec"]["syncPolicy"]["syncOptions"]:
        destination = application["spec"]["destination"]["namespace"]
        created = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": destination}}
        assert not refused_kind(created, project)
    if ours(application):
        rendered = render(application)
        assert rendered
        refused = [f"{each['kind']} {name(each)}" for each in rendered if refused_kind(each, project)]
        assert refused == []
        for resource in rendered:
            if resource["kind"] not in SCHEMAS:
                check(resource)


@pytest.mark.parametrize("project", APPS.projects.values(), ids=name)
def test_a_project_permits_no_more_than_it_needs(project: Resource) -> None:
    spec = project["spec"]
    members = [each for each in APPS.applications.values() if each["spec"]["project"] == name(project)]
    assert members, "no Application is in it"
    assert all("*" not in destination["namespace"] for destination in spec["destinations"])
    assert {each["namespace"] for each in spec["destinations"]} == {
        member["spec"]["destination"]["namespace"] for member in members
    }
    for allowed in (*spec["clusterResourceWhitelist"], *spec["namespaceResourceWhitelist"]):
        assert "*" not in (allowed["group"], allowed["kind"])
    for allowed in spec["clusterResourceWhitelist"]:
        assert allowed["name"].strip("*"), f"{allowed['kind']}: by name only"
    if name(project) != "root":
        assert set(spec["sourceRepos"]) == {source["repoURL"] for each in members for source in sources(each)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_may_have_every_kind_of_the_chart(environment: str) -> None:
    templates = (ROOT / "charts" / "umbrella").glob("charts/*/templates/*.yaml")
    kinds = {
        line.removeprefix("kind: ")
        for path in templates
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("kind: ")
    }
    allowed = {each["kind"] for each in APPS.projects[environment]["spec"]["namespaceResourceWhitelist"]}
    assert allowed == kinds | SHOWN


@pytest.mark.parametrize("application", CHILDREN, ids=name)
def test_its_path_and_value_files_are_there(application: Resource) -> None:
    for source in sources(application):
        if "path" in source:
            assert (ROOT / source["path"] / "Chart.yaml").is_file(), source["path"]
            files = value_files(source)
        else:
            listed = source.get("helm", {}).get("valueFiles", [])
            files = [ROOT / file.removeprefix("$values/") for file in listed]
        for file in files:
            assert file.resolve().is_relative_to(ROOT)
            assert git("ls-files", "--error-unmatch", str(file)), f"{file} is not in git"
            assert isinstance(load(file), dict), f"{file} has no values"
        assert not any("*" in str(file) for file in files), "globs are broken in Argo CD 3.5.0"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_has_the_services_of_its_revision(environment: str) -> None:
    """A service that came or went on the way there has, or has not, its images file in what is deployed."""
    entry = ENVIRONMENTS[environment]
    if entry["revision"] == "HEAD":
        assert entry["services"] == [path.stem for path in IMAGES]
    elif entry["revision"]:
        listed = git("ls-tree", "--name-only", f"{entry['revision']}:charts/umbrella/images").split()
        assert entry["services"] == sorted(Path(file).stem for file in listed)
        git("cat-file", "-e", f"{entry['revision']}:argocd/environments/{environment}.yaml")


def test_every_file_of_values_belongs_to_an_application() -> None:
    environments = {path.stem for path in (ROOT / "argocd" / "environments").glob("*")}
    assert environments == set(ENVIRONMENTS)
    charts = {path.stem for path in (ROOT / "argocd" / "values").glob("*")}
    assert charts == set(load(ROOT / "argocd" / "apps" / "values.yaml")["charts"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_environment_s_values_stand_above_all_others(environment: str) -> None:
    application = APPS.applications[f"umbrella-{environment}"]
    first, *images, last = value_files(sources(application)[0])
    assert first == ROOT / "charts" / "umbrella" / "values.yaml"
    assert images == IMAGES
    assert last == ROOT / "argocd" / "environments" / f"{environment}.yaml"
    replicas = {name(each): each["spec"]["replicas"] for each in render(application) if each["kind"] == "Deployment"}
    assert set(replicas) == {path.stem for path in IMAGES}
    assert replicas.items() >= {service: values["replicas"] for service, values in load(last).items()}.items()


@pytest.mark.parametrize("app", ["rules", "dashboards"])
def test_links_to_runbooks_lead_to_the_repository_of_root(app: str) -> None:
    """So that a fork changes that one line: the files name another one."""
    application = copy.deepcopy(APPS.applications[app])
    application["spec"]["source"]["repoURL"] = "https://gitlab.example/fork.git"
    links = re.findall(r"https?://[^ \"]*/docs/runbooks", json.dumps(render(application)))
    assert set(links) == {"https://gitlab.example/fork/-/blob/HEAD/docs/runbooks"}


def test_the_order() -> None:
    """Projects, what Prometheus and Grafana read, those two, and then what they watch."""
    waves: dict[int, set[str]] = {}
    for resource in RESOURCES:
        if name(resource) != "root":
            kind = resource["kind"] if resource["kind"] == "AppProject" else name(resource)
            waves.setdefault(wave(resource), set()).add(kind)
    assert [waves[number] for number in sorted(waves)] == [
        {"AppProject"},
        {"dashboards", "rules"},
        {"prometheus", "grafana"},
        {f"umbrella-{environment}" for environment in ENVIRONMENTS},
    ]


def test_services_admit_the_prometheus_that_is_deployed() -> None:
    namespace = APPS.applications["prometheus"]["spec"]["destination"]["namespace"]
    defaults = load(ROOT / "charts" / "umbrella" / "charts" / "service" / "values.yaml")
    assert defaults["metrics"]["namespace"] == namespace


def test_no_environment_shares_a_namespace() -> None:
    namespaces = [
        APPS.applications[f"umbrella-{environment}"]["spec"]["destination"]["namespace"] for environment in ENVIRONMENTS
    ]
    assert len(set(namespaces)) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_frozen(environment: str) -> None:
    assert "syncWindows" not in APPS.projects[environment]["spec"]
    frozen = read_apps(environments={environment: {"frozen": True}}).projects
    (window,) = frozen[environment]["spec"]["syncWindows"]
    assert problems(frozen[environment]) == []
    assert (window["kind"], window["schedule"], window["applications"]) == ("deny", "* * * * *", ["*"])
    others = [other for other in ENVIRONMENTS if other != environment]
    assert all("syncWindows" not in frozen[other]["spec"] for other in others)


def test_nothing_is_deployed_without_a_revision() -> None:
    apps = read_apps(environments={"production": {"revision": "", "services": []}})
    assert "umbrella-production" not in apps.applications
    assert "production" in apps.projects


def test_another_environment_is_one_entry_and_one_file() -> None:
    apps = read_apps(environments={"canary": {"revision": "v1", "services": ["joker"], "frozen": False}})
    assert apps.applications["umbrella-canary"]["spec"]["project"] == "canary"
    assert apps.applications["umbrella-canary"]["spec"]["source"]["helm"]["valueFiles"] == [
        "values.yaml",
        "images/joker.yaml",
        "/argocd/environments/canary.yaml",
    ]
    assert not refusals(apps.applications["umbrella-canary"], apps.projects["canary"])


def test_a_fork_changes_one_line(tmp_path: Path) -> None:
    old = APPS.applications["root"]["spec"]["source"]["repoURL"]
    # In all that Argo CD reads.
    lines = git("grep", "-n", "-F", old, "--", "argocd", "charts", "grafana", "prometheus").splitlines()
    assert len(lines) == 1, lines
    new = "ssh://git@git.example.com:2222/team/fork.git"
    shutil.copytree(ROOT / "argocd", tmp_path / "argocd")
    root = tmp_path / "argocd" / "root.yaml"
    root.write_text(root.read_text("utf-8").replace(old, new), "utf-8")
    text = repr(read_apps(tmp_path))
    assert old not in text
    upstream = {chart["repository"] for chart in load(ROOT / "argocd" / "apps" / "values.yaml")["charts"].values()}
    fork = read_apps(tmp_path)
    urls = {source["repoURL"] for each in fork.applications.values() for source in sources(each)}
    assert urls == {new} | upstream
    permitted = {repo for each in fork.projects.values() for repo in each["spec"]["sourceRepos"]}
    assert permitted == {new, "*"} | upstream


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"environments": {"Staging": PROMOTED}}, ["environments", "Staging"]),
        ({"environments": {"staging": {"revison": "a"}}}, ["staging", "revison"]),
        ({"environments": {"staging": {"revision": "$(id)"}}}, ["staging/revision", "pattern"]),
        ({"environments": {"staging": {"services": []}}}, ["staging/services", "minItems"]),
        ({"environments": {"staging": {"frozen": "yes"}}}, ["staging/frozen", "boolean"]),
        ({"charts": {"prometheus": {"version": ">=1"}}}, ["charts/prometheus/version", "pattern"]),
        ({"charts": {"loki": {"repository": "https://a", "version": "1.0.0"}}}, ["charts", "loki"]),
        ({"vendored": "../elsewhere"}, ["vendored", "pattern"]),
        ({"repositry": "a"}, ["repositry"]),
    ],
)
def test_a_bad_value_is_named(values: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(HelmError) as error:
        read_apps(**values)
    assert [word for word in words if word not in str(error.value)] == []


@pytest.mark.parametrize("helm", ["helm", "helm3"])
def test_lint_has_nothing_to_say(helm: str) -> None:
    run(helm, "lint", "--strict", ROOT / "argocd" / "apps", "--set", "repository=a")


def test_the_health_of_an_application_is_given_to_argo_cd() -> None:
    (patch,) = documents((ROOT / "argocd" / "argocd-cm.yaml").read_text("utf-8"))
    assert list(patch) == ["data"]
    assert list(patch["data"]) == ["resource.customizations.health.argoproj.io_Application"]


def test_root_needs_what_it_applies_only() -> None:
    apps = read_root()
    assert list(apps.applications) == list(apps.projects) == ["root"]
    assert {each["kind"] for each in apps.projects["root"]["spec"]["namespaceResourceWhitelist"]} == set(SCHEMAS)
