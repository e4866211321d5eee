"""An image that cannot run: the rollout halts with the old pods serving, and the way back is open."""

import pytest

from e2e.conftest import During
from e2e.kubernetes import CommandError, wait
from e2e.release import Release, Values


def image(tag: str) -> Values:
    return {"model": {"image": {"tag": tag}, "replicas": 2}}


def stuck(release: Release, reason: str) -> bool:
    """Whether a container of model waits for that reason, or runs and is not ready if it is "Running"."""
    for pod in release.pods("model"):
        for status in pod["status"].get("containerStatuses", []):
            waiting = status["state"].get("waiting", {}).get("reason", "Running")
            if not status["ready"] and waiting.replace("ImagePullBackOff", "ErrImagePull") == reason:
                return True
    return False


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("tag", "reason", "undo"),
    [
        ("missing", "ErrImagePull", "helm rollback"),  # no registry has it
        ("never", "Running", "kubectl rollout undo"),  # it runs, and never answers
    ],
)
def test_a_rollout_that_cannot_succeed_halts_and_is_undone(
    release: Release, during: During, tag: str, reason: str, undo: str
) -> None:
    release.settle(image("dev"))
    old = set(release.ready("model"))
    with during(f"image {tag!r}, then {undo}", release.around("model")):
        release.upgrade(image(tag), arguments=())
        wait("the new pod is stuck", lambda: stuck(release, reason))
        assert set(release.ready("model")) == old
        if undo == "helm rollback":
            release.helm("rollback", "punchline", "--wait", "--timeout", "2m")
        else:
            release.kubectl("rollout", "undo", "deployment/model")
        release.wait_settled()
        assert set(release.ready("model")) == old


@pytest.mark.timeout(300)
def test_an_upgrade_that_fails_rolls_itself_back(release: Release, during: During) -> None:
    release.settle(image("dev"))
    old = set(release.ready("model"))
    manifest = release.helm("get", "manifest", "punchline")
    with during("upgrade --rollback-on-failure to 'never'", release.around("model")):
        with pytest.raises(CommandError, match=r"rolled back.* not ready"):
            release.upgrade(image("never"), arguments=("--rollback-on-failure", "--wait", "--timeout", "10s"))
        release.wait_settled()
        assert set(release.ready("model")) == old
    assert release.helm("get", "manifest", "punchline") == manifest
