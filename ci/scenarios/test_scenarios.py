"""What becomes of a change, of a failure and of a race: .gitlab-ci.yml executed, judged by origin and registry."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

from ci.scenarios.origin import Origin
from ci.scenarios.runner import Pipeline, Runner
from planner import images
from planner.dockerignore import Ignored

ALL = ["frontend", "joker", "model"]


def landed(origin: Origin, runner: Runner, done: Pipeline, *services: str) -> None:
    """These and no others were due, and each is in the registry and on main with the tag and digest it should have."""
    assert not done.failed, done.output
    assert sorted(done.planned) == sorted(
        f"{service}: {stage}" for service in services for stage in ("test", "build", "update")
    )
    assert set(done.planned) < set(done.passed)
    runner.checkout("origin/main")
    assert runner.due() == []
    for service in services:
        image = origin.recorded(service)
        assert image.tag in origin.tags(service)
        assert image.digest.startswith("sha256:")
        assert image.comment.startswith(f"# Which image of {service} runs.")


def nothing(done: Pipeline) -> None:
    assert not done.failed, done.output
    assert done.planned == ["nothing is due"]
    assert "nothing is due" in done.passed


def test_docker_sends_what_the_planner_counts(origin: Origin, tmp_path: Path) -> None:
    """By this repository's .dockerignore, and by one that is harder to read."""
    harder = """\
*
!libs
!services/
services/[jm]*/src/**/a*.py
!services/model/src/model/app.py
**/o?p
libs/*/src/**/[^a-m]*.py
"""
    for text in (origin.read(".dockerignore"), harder):
        origin.write(".dockerignore", text)
        command = [os.environ["DOCKER"], "build", "--quiet", "-f", "-", "--output", f"type=local,dest={tmp_path}", "."]
        subprocess.run(
            command,
            cwd=origin.clone,
            input=b"FROM scratch\nCOPY . /\n",
            check=True,
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
        )
        sent = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
        ignored = Ignored(text)
        assert sent == {path for path in origin.git("ls-files").splitlines() if path not in ignored}
        assert len(sent) > 10
        shutil.rmtree(tmp_path)
    origin.git("checkout", "--quiet", ".dockerignore")


def test_first_push_builds_all_and_a_second_run_nothing(origin: Origin, runner: Runner) -> None:
    """The real images, and real tests."""
    landed(origin, runner, runner.pipeline(), *ALL)
    for service in ALL:
        reports = runner.folder / "reports" / service
        assert "<testsuite" in (reports / "junit.xml").read_text()
        assert "<coverage" in (reports / "coverage.xml").read_text()
        packages = {each["name"] for each in json.loads((reports / "sbom.cdx.json").read_text())["components"]}
        assert {"fastapi", "uvicorn"} < packages
        assert not packages & {"pytest", "scikit-learn"}
    before = origin.head
    nothing(runner.pipeline())
    assert origin.head == before


def test_a_dockerfile_makes_its_service_due(settled: Origin, runner: Runner) -> None:
    settled.write("services/joker/Dockerfile", settled.read("services/joker/Dockerfile") + "LABEL changed=yes\n")
    settled.push("label")
    landed(settled, runner, runner.pipeline(), "joker")


def test_what_docker_ignores_makes_all_due(settled: Origin, runner: Runner) -> None:
    """Until it is as before: a plan, and no pipeline."""
    settled.write(".dockerignore", settled.read(".dockerignore") + "**/notes\n")
    runner.checkout(settled.push("ignore notes"))
    assert runner.due() == ALL
    settled.git("revert", "--no-edit", "HEAD")
    runner.checkout(settled.push("ignore no notes"))
    assert runner.due() == []


def test_readme_docs_and_tests_make_nothing_due(settled: Origin, runner: Runner) -> None:
    for path in ("README.md", "services/joker/README.md", "docs/new.md", "services/joker/docs/new.md"):
        settled.write(path, "changed\n")
    settled.edit("services/model/tests/test_settings.py", "assert Settings()", "assert Settings() is not None")
    settled.push("words and tests")
    nothing(runner.pipeline())


def test_servicekit_makes_its_dependents_due_and_nobody_else(settled: Origin, runner: Runner) -> None:
    """joker lives without servicekit here."""
    settled.edit("services/joker/pyproject.toml", '    "servicekit",\n', "")
    settled.edit("services/joker/pyproject.toml", "servicekit = { workspace = true }\n", "")
    settled.edit("services/joker/Dockerfile", "COPY libs/servicekit libs/servicekit\n", "")
    settled.write("services/joker/src/joker/settings.py", "class Settings: ...\n")
    settled.lock()
    settled.push("joker without servicekit")
    landed(settled, runner, runner.pipeline(), "joker")
    settled.pull()
    settled.write(
        "libs/servicekit/src/servicekit/limits.py",
        "# changed\n" + settled.read("libs/servicekit/src/servicekit/limits.py"),
    )
    settled.push("servicekit")
    landed(settled, runner, runner.pipeline(), "frontend", "model")


def test_a_dependency_of_model_in_the_lock_makes_model_due(settled: Origin, runner: Runner) -> None:
    """Here: a wheel of numpy fewer. Until it is as before, since the next `uv lock` would bring it back: a plan."""
    lock = settled.read("uv.lock")
    (wheel, *_) = [line for line in lock.splitlines() if "/numpy-" in line and "win_arm64.whl" in line]
    settled.edit("uv.lock", f"{wheel}\n", "")
    runner.checkout(settled.push("numpy"))
    assert runner.due() == ["model"]
    settled.write("uv.lock", lock)
    runner.checkout(settled.push("numpy as before"))
    assert runner.due() == []


def test_a_lock_that_changes_in_no_slice_makes_nothing_due(settled: Origin, runner: Runner) -> None:
    """A tool of development, and the revision of the format."""
    lock = settled.read("uv.lock")
    (wheel, *_) = [line for line in lock.splitlines() if "/ruff-" in line and "win_arm64.whl" in line]
    settled.edit("uv.lock", f"{wheel}\n", "")
    settled.push("ruff")
    nothing(runner.pipeline())


def test_a_broken_test_keeps_its_service_due_and_stops_no_other(settled: Origin, runner: Runner) -> None:
    """Three unrelated pushes later, too, until it is mended."""
    path = "services/joker/tests/test_settings.py"
    good = settled.read(path)
    settled.write(path, good + "\n\ndef test_it_is_broken() -> None:\n    raise AssertionError\n")
    settled.change("joker", "model")
    before, model_before = settled.recorded("joker"), settled.recorded("model")
    done = runner.pipeline()
    assert done.failed == ["joker: test"], done.output
    assert settled.recorded("model") != model_before
    for number in range(3):
        settled.write("README.md", f"unrelated {number}\n")
        settled.push(f"unrelated {number}")
        done = runner.pipeline()
        assert done.failed == ["joker: test"], done.output
        assert done.due == ["joker"]
        assert settled.recorded("joker") == before
    settled.write(path, good)
    settled.push("mended")
    landed(settled, runner, runner.pipeline(), "joker")


def test_a_build_that_is_killed_is_due_again(settled: Origin, runner: Runner) -> None:
    dockerfile = settled.read("services/joker/Dockerfile")
    settled.write("services/joker/Dockerfile", f"{dockerfile}RUN sleep 600\n")
    settled.push("a slow build")
    before, tags = settled.recorded("joker"), settled.tags("joker")
    printed = runner.killed(runner.start(), lambda printed: "RUN sleep 600" in printed)
    assert "joker: test" in printed
    assert settled.recorded("joker") == before
    assert settled.tags("joker") == tags
    settled.write("README.md", "unrelated to the kill\n")
    settled.push("unrelated")
    runner.checkout("origin/main")
    assert runner.due() == ["joker"]
    settled.write("services/joker/Dockerfile", f"{dockerfile}RUN sleep 0\n")
    settled.push("a quick build")
    landed(settled, runner, runner.pipeline(), "joker")


def test_two_pipelines_at_a_time_both_land(settled: Origin, runner: Runner, other: Runner) -> None:
    """And while they push, a developer does: as each comes to push for the first time, a commit gets in before it."""
    first = settled.change("joker")
    second = settled.change("frontend")
    rivals = race(Path(settled.url), times=2)
    started = [(runner, runner.start(at=first)), (other, other.start(at=second))]
    done = [each.result(process.communicate(timeout=600)[0]) for each, process in started]
    assert done[0].due == ["joker"]
    assert done[1].due == ["frontend", "joker"]
    for pipeline in done:
        assert not pipeline.failed, pipeline.output
    assert rivals.read_text().split() == ["1", "2"]
    subjects = settled.log()
    for expected in ("rival 1", "rival 2", "change joker", "change frontend"):
        assert subjects.count(expected) == 1
    for service in ("joker", "frontend"):
        assert sum(subject.startswith(f"{service}: image {settled.recorded(service).tag}") for subject in subjects) == 1
    runner.checkout("origin/main")
    assert runner.due() == []


def race(repository: Path, times: int) -> Path:
    """Lets a commit get in between fetch and push, the given number of times. Answers where it counts."""
    count = repository / "rivals"
    count.write_text("")
    hook = repository / "hooks" / "update"
    hook.write_text(
        f"""#!/bin/sh
set -e
n=$(($(wc -l <rivals) + 1))
[ "$n" -le {times} ] || exit 0
echo "$n" >>rivals
export GIT_AUTHOR_NAME=R GIT_AUTHOR_EMAIL=r@localhost GIT_COMMITTER_NAME=R GIT_COMMITTER_EMAIL=r@localhost
git update-ref "$1" "$(git commit-tree -p "$1" -m "rival $n" "$1^{{tree}}")"
"""
    )
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    return count


def test_an_older_pipeline_that_ends_last_leaves_the_newer_build(
    settled: Origin, runner: Runner, other: Runner
) -> None:
    older = settled.change("joker")
    newer = settled.change("joker")
    landed(settled, runner, runner.pipeline(at=newer), "joker")
    recorded = settled.recorded("joker")
    assert recorded.revision == newer
    done = other.pipeline(at=older)
    assert not done.failed, done.output
    assert "is not put in its place" in done.output
    assert settled.recorded("joker") == recorded


def test_a_revert_records_the_old_image_and_builds_none(settled: Origin, runner: Runner) -> None:
    before, head = settled.recorded("joker"), settled.head
    settled.change("joker")
    landed(settled, runner, runner.pipeline(), "joker")
    tags = settled.tags("joker")
    settled.pull()
    (changed,) = settled.git("rev-list", "--grep=^change joker", f"{head}..HEAD").split()
    settled.git("revert", "--no-edit", changed)
    settled.push("reverted")
    done = runner.pipeline()
    landed(settled, runner, done, "joker")
    assert "is there already: nothing is built" in done.output
    after = settled.recorded("joker")
    assert (after.tag, after.digest) == (before.tag, before.digest)
    assert settled.tags("joker") == tags


def test_a_merge_request_tests_and_builds_and_publishes_nothing(settled: Origin, runner: Runner) -> None:
    """As of a fork: without a token to push with."""
    base, tags = settled.head, settled.tags("joker")
    settled.git("checkout", "--quiet", "-b", "feature")
    path = "services/joker/src/joker/settings.py"
    settled.write(path, "# in a merge request\n" + settled.read(path))
    settled.push("feature", branch="feature")
    settled.git("checkout", "--quiet", "main")
    request = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "PUSH_URL": ""}
    done = runner.pipeline("plan", "summary", at="origin/feature", **request)
    assert not done.failed, done.output
    assert sorted(done.planned) == ["joker: build", "joker: test"]
    summary = (runner.folder / "summary.md").read_text()
    assert "| joker | `" in summary
    assert "frontend" not in summary.split("## In the cluster")[0]
    removed = [line for line in summary.splitlines() if line.startswith("-") and "image: " in line]
    assert removed, summary
    assert all(f"joker:{settled.recorded('joker').tag}@sha256:" in line for line in removed)
    child = runner.pipeline("--file", "child.yml", at="origin/feature", **request)
    assert not child.failed, child.output
    assert sorted(child.passed) == ["joker: build", "joker: test"]
    assert "is not pushed: only the default branch publishes" in child.output
    assert settled.head == base
    assert settled.tags("joker") == tags


def test_a_service_is_added_renamed_and_removed(settled: Origin, runner: Runner) -> None:
    """What it needs besides its folder is asked for by name, and so is what it leaves behind."""
    for path in (
        "pyproject.toml",
        "Dockerfile",
        "src/joker/__init__.py",
        "src/joker/settings.py",
        "tests/test_settings.py",
    ):
        text = settled.read(f"services/joker/{path}")
        settled.write(f"services/echo/{path.replace('joker', 'echo')}", text.replace("joker", "echo"))
    settled.lock()
    settled.push("echo")
    done = runner.pipeline()
    assert done.failed == ["plan"], done.output
    assert "services/echo has no charts/umbrella/images/echo.yaml: add it" in done.output
    assert (
        "services/echo is missing from charts/umbrella/Chart.yaml: add a dependency `service` with alias: echo"
        in done.output
    )

    chart = "charts/umbrella/Chart.yaml"
    item = "  - name: service\n    alias: {}\n    version: 0.1.0\n"
    settled.write(chart, settled.read(chart) + item.format("echo"))
    settled.write(images.path("echo"), images.SHAPE.format(name="echo"))
    settled.push("echo, complete")
    landed(settled, runner, runner.pipeline(), "echo")

    settled.pull()
    settled.git("mv", "services/echo", "services/parrot")
    settled.git("mv", "services/parrot/src/echo", "services/parrot/src/parrot")
    for path in ("pyproject.toml", "Dockerfile", "tests/test_settings.py"):
        settled.write(f"services/parrot/{path}", settled.read(f"services/parrot/{path}").replace("echo", "parrot"))
    settled.lock()
    settled.push("parrot")
    done = runner.pipeline()
    assert done.failed == ["plan"], done.output
    for asked in (
        "charts/umbrella/images/echo.yaml belongs to no folder in services/: remove it",
        "charts/umbrella/Chart.yaml has the alias echo, and there is no services/echo",
        "services/parrot has no charts/umbrella/images/parrot.yaml: add it",
        "services/parrot is missing from charts/umbrella/Chart.yaml",
    ):
        assert asked in done.output

    settled.git("rm", "--quiet", "-r", "services/parrot", images.path("echo"))
    settled.edit(chart, item.format("echo"), "")
    settled.lock()
    settled.push("no parrot")
    nothing(runner.pipeline())
