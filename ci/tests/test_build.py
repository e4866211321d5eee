"""What ci/build asks of BuildKit and of Docker, and which login it gives them. Fakes stand in for both."""

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "build"
NEEDED = ("base64", "mktemp", "rm", "sed", "tr")
BUILDKIT = ("buildctl", "buildctl-daemonless.sh")

GITLAB = "registry.gitlab.example"
REGISTRY = "registry.example.com/team"
IMAGE = f"{REGISTRY}/cart:0123"
COMMIT = {"REVISION": "c0ffee", "SOURCE": "https://git.example.com/the shop", "SOURCE_DATE_EPOCH": "1700000000"}
ARGUMENTS = {"VERSION=1.2.3", *(f"{name}={value}" for name, value in COMMIT.items())}

# As long as a job's token, for which base64 would begin a new line; and with all that a shell could trip over.
JOB = ("gitlab-ci-token", "job-" + "0123456789" * 20)
ROBOT = ("robot$ci", "%s 'so' \"it\" $HOME \\n:*")
SECRETS = [JOB[1], ROBOT[1], *(base64.b64encode(":".join(login).encode()).decode() for login in (JOB, ROBOT))]
OF_JOB = {"CI_REGISTRY": GITLAB, "CI_REGISTRY_USER": JOB[0], "CI_REGISTRY_PASSWORD": JOB[1]}
OF_ROBOT = {"REGISTRY_USER": ROBOT[0], "REGISTRY_PASSWORD": ROBOT[1]}

FAKE = """\
#!{python} -IS
import json, os, sys
from pathlib import Path

config = Path(os.environ.get("DOCKER_CONFIG", "nowhere"), "config.json")
call = {{
    "argv": [Path(sys.argv[0]).name, *sys.argv[1:]],
    "environment": dict(os.environ),
    "config": json.loads(config.read_text()) if config.exists() else None,
    "files": {{path.name: path.read_text() for path in Path(os.environ["TMPDIR"]).rglob("*") if path.is_file()}},
}}
with open("calls", "a+") as calls:
    calls.seek(0)
    code = dict(enumerate({codes})).get(len(calls.readlines()), 0)
    calls.write(json.dumps(call) + "\\n")
if code:
    print(*call["argv"][:2], "fails", file=sys.stderr)
if code < 0:
    os.kill(os.getppid(), -code)
sys.exit(code)
"""


@dataclass(frozen=True)
class Call:
    """One call of a fake, and what it found there."""

    argv: list[str]
    environment: dict[str, str]
    config: dict | None
    """Of $DOCKER_CONFIG/config.json."""
    files: dict[str, str]
    """All temporary ones."""

    @property
    def options(self) -> dict[str, set[str]]:
        """Of buildctl, which has a value to each."""
        assert self.argv[1] == "build"
        found: dict[str, set[str]] = {}
        for option, value in zip(self.argv[2::2], self.argv[3::2], strict=True):
            found.setdefault(option, set()).add(value)
        return found


@dataclass(frozen=True)
class Build:
    code: int
    output: str
    calls: list[Call]


class Machine:
    """A tree with the service cart, and a PATH with no more in it than a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.path, self.temporary = folder / "tree", folder / "bin", folder / "tmp"
        service = self.tree / "services/cart"
        for each in (service, self.path, self.temporary):
            each.mkdir(parents=True)
        (service / "Dockerfile").write_text("FROM scratch\n")
        (service / "pyproject.toml").write_text('[project]\nname = "cart"\nversion = "1.2.3"\n')
        for tool in NEEDED:
            (self.path / tool).symlink_to(shutil.which(tool))

    def build(self, tools: tuple[str, ...], *codes: int, service: str = "cart", **variables: str) -> Build:
        """Run ci/build with fakes of `tools`, whose calls end with `codes`, then with 0; a negative one is a signal.

        However it ends, nothing temporary stays, and no password is printed or in a command line.
        """
        for tool in tools:
            (self.path / tool).write_text(FAKE.format(python=sys.executable, codes=codes))
            (self.path / tool).chmod(0o755)
        done = subprocess.run(
            [SCRIPT, service, "0123"],
            cwd=self.tree,
            env={"PATH": str(self.path), "TMPDIR": str(self.temporary), **COMMIT, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log = self.tree / "calls"
        calls = [Call(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []
        assert list(self.temporary.iterdir()) == []
        for secret in SECRETS:
            assert secret not in done.stdout
            assert not any(secret in word for call in calls for word in call.argv)
        return Build(done.returncode, done.stdout, calls)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


NOT_PUSHED = {
    "--frontend": {"dockerfile.v0"},
    "--local": {"context=.", "dockerfile=."},
    "--progress": {"plain"},
    "--opt": {"filename=services/cart/Dockerfile", *(f"build-arg:{each}" for each in ARGUMENTS)},
    "--import-cache": {f"type=registry,ref={REGISTRY}/cart:cache"},
}
PUSHED = NOT_PUSHED | {
    "--output": {f"type=image,name={IMAGE},push=true"},
    "--export-cache": {f"type=registry,ref={REGISTRY}/cart:cache,mode=max"},
}


def test_buildkit_builds_nothing_that_is_there(machine: Machine) -> None:
    done = machine.build(BUILDKIT, REGISTRY=REGISTRY, PUBLISH="true")
    assert (done.code, done.output) == (0, f"{IMAGE} is there already: nothing is built\n")
    (asked,) = done.calls
    assert asked.files["Dockerfile"] == f"FROM {IMAGE}\n"
    assert "--output" not in asked.options


def test_buildkit_builds_and_pushes_with_the_layers_of_the_last_build(machine: Machine) -> None:
    done = machine.build(BUILDKIT, 1, REGISTRY=REGISTRY, PUBLISH="true")
    assert (done.code, done.output) == (0, ""), "that an image is missing is no error to show"
    _, built = done.calls
    assert built.options == PUSHED


@pytest.mark.parametrize("variables", [{}, {"PUBLISH": "false"}], ids=["not said", "false"])
def test_buildkit_builds_for_a_merge_request_and_leaves_the_registry_alone(machine: Machine, variables: dict) -> None:
    done = machine.build(BUILDKIT, 1, REGISTRY=REGISTRY, **variables)
    assert (done.code, done.output) == (0, f"{IMAGE} is not pushed: only the default branch publishes\n")
    _, built = done.calls
    assert built.options == NOT_PUSHED


@pytest.mark.parametrize("tools", [BUILDKIT[:1], BUILDKIT], ids=["with its daemon", "without"])
def test_buildkit_needs_no_daemon_where_it_can_do_without(machine: Machine, tools: tuple[str, ...]) -> None:
    done = machine.build((*tools, "docker"), 1, REGISTRY=REGISTRY)
    assert [call.argv[0] for call in done.calls] == [tools[-1]] * 2


@pytest.mark.parametrize("variables", [{}, {"REGISTRY": ""}, OF_ROBOT], ids=["unset", "empty", "but a password"])
def test_buildkit_needs_a_registry(machine: Machine, variables: dict[str, str]) -> None:
    done = machine.build(BUILDKIT, **variables)
    assert done.code == 2
    assert done.output == "ci/build: buildctl keeps no images: set REGISTRY, or turn the project's registry on\n"
    assert done.calls == []


def docker_build(*names: str) -> list[str]:
    tags = [word for name in names for word in ("-t", name)]
    arguments = [word for each in sorted(ARGUMENTS) for word in ("--build-arg", each)]
    return sorted(["docker", "build", "-f", "services/cart/Dockerfile", *arguments, *tags, "."])


@pytest.mark.parametrize("variables", [{}, {"REGISTRY": ""}, OF_ROBOT], ids=["unset", "empty", "but a password"])
def test_docker_without_a_registry_builds_for_this_machine(machine: Machine, variables: dict[str, str]) -> None:
    done = machine.build(("docker",), PUBLISH="true", **variables)
    assert (done.code, done.output) == (0, "")
    (built,) = done.calls
    assert sorted(built.argv) == docker_build("cart:0123", "cart:dev")


def test_docker_builds_nothing_that_is_there(machine: Machine) -> None:
    done = machine.build(("docker",), REGISTRY=REGISTRY, PUBLISH="true")
    assert (done.code, done.output) == (0, f"{IMAGE} is there already: nothing is built\n")
    assert [call.argv for call in done.calls] == [["docker", "pull", "-q", IMAGE]]


def test_docker_builds_what_is_missing_and_pushes_it(machine: Machine) -> None:
    done = machine.build(("docker",), 1, REGISTRY=REGISTRY, PUBLISH="true")
    assert (done.code, done.output) == (0, "")
    pulled, built, pushed = done.calls
    assert pulled.argv == ["docker", "pull", "-q", IMAGE]
    assert sorted(built.argv) == docker_build(IMAGE)
    assert pushed.argv == ["docker", "push", IMAGE]


def test_docker_builds_for_a_merge_request_and_leaves_the_registry_alone(machine: Machine) -> None:
    done = machine.build(("docker",), 1, REGISTRY=REGISTRY)
    assert (done.code, done.output) == (0, f"{IMAGE} is not pushed: only the default branch publishes\n")
    _, built = done.calls
    assert sorted(built.argv) == docker_build()


def test_docker_makes_an_image_without_attestations(machine: Machine) -> None:
    (built,) = machine.build(("docker",)).calls
    assert built.environment["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"
    assert built.environment["DOCKER_BUILDKIT"] == "1"


def test_another_engine_in_place_of_docker(machine: Machine) -> None:
    done = machine.build(("docker", "podman"), DOCKER="podman")
    assert [call.argv[0] for call in done.calls] == ["podman"]


@pytest.mark.parametrize(
    ("tools", "service", "message"),
    [
        ((), "cart", "neither buildctl nor docker is in PATH"),
        (("docker",), "cars", "services/cars/Dockerfile is missing: run this in the root, with the name of a service"),
    ],
    ids=["nothing to build with", "no such service"],
)
def test_what_is_wrong_is_told(machine: Machine, tools: tuple[str, ...], service: str, message: str) -> None:
    done = machine.build(tools, service=service)
    assert (done.code, done.output, done.calls) == (2, f"ci/build: {message}\n", [])


FAILURES = {
    "BuildKit builds": (BUILDKIT, {}, (1, 7), 7),
    "BuildKit builds and pushes": (BUILDKIT, {"PUBLISH": "true"}, (1, 7), 7),
    "Docker builds": (("docker",), {}, (1, 7), 7),
    "Docker builds, and would push": (("docker",), {"PUBLISH": "true"}, (1, 7), 7),
    "Docker pushes": (("docker",), {"PUBLISH": "true"}, (1, 0, 7), 7),
    "Docker builds for this machine": (("docker",), {"REGISTRY": ""}, (7,), 7),
    "the job is cancelled": (BUILDKIT, {"PUBLISH": "true"}, (1, -15), 130),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_is_shown_and_ends_it(machine: Machine, what: str) -> None:
    tools, variables, codes, code = FAILURES[what]
    done = machine.build(tools, *codes, **{"REGISTRY": REGISTRY, **OF_ROBOT, **variables})
    assert done.code == code
    assert len(done.calls) == len(codes)
    last = done.calls[-1].argv
    assert done.output == f"{last[0]} {last[1]} fails\n"


LOGINS = {
    "GitLab's registry": ({"REGISTRY": f"{GITLAB}/acme/shop"}, JOB),
    "GitLab's registry, and a login": ({"REGISTRY": f"{GITLAB}/acme/shop", **OF_ROBOT}, ROBOT),
    "GitLab's registry, and half a login": ({"REGISTRY": f"{GITLAB}/acme/shop", "REGISTRY_USER": "robot"}, JOB),
    "another registry, and a login": ({"REGISTRY": REGISTRY, **OF_ROBOT}, ROBOT),
    "another registry": ({"REGISTRY": REGISTRY}, None),
    "another registry, whose name begins alike": ({"REGISTRY": f"{GITLAB}.org/acme/shop"}, None),
    "another registry, in whose path is GitLab's": ({"REGISTRY": f"{REGISTRY}/{GITLAB}/shop"}, None),
}


@pytest.mark.parametrize("tools", [BUILDKIT, ("docker",)], ids=["BuildKit", "Docker"])
@pytest.mark.parametrize("what", LOGINS)
def test_a_login_goes_to_its_own_registry(machine: Machine, what: str, tools: tuple[str, ...]) -> None:
    variables, login = LOGINS[what]
    calls = machine.build(tools, 1, PUBLISH="true", **OF_JOB, **variables).calls
    assert len(calls) > 1
    for call in calls:
        if login:
            host = variables["REGISTRY"].partition("/")[0]
            assert list(call.config["auths"]) == [host]
            assert base64.b64decode(call.config["auths"][host]["auth"]).decode() == ":".join(login)
        else:
            assert call.config is None
        for other in {JOB, ROBOT} - {login}:
            encoded = base64.b64encode(":".join(other).encode()).decode()
            assert not any(each in text for text in call.files.values() for each in (other[1], encoded))


def test_the_login_of_the_machine_stays_where_none_is_given(machine: Machine, tmp_path: Path) -> None:
    mine = {"auths": {"registry.example.com": {"auth": "bWU6bWluZQ=="}}}
    (tmp_path / "config.json").write_text(json.dumps(mine))
    done = machine.build(("docker",), 1, REGISTRY=REGISTRY, PUBLISH="true", DOCKER_CONFIG=str(tmp_path))
    assert [call.config for call in done.calls] == [mine] * 3
