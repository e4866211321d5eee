"""Recording an image on a branch that others push to, too."""

import subprocess
from pathlib import Path

import pytest

from ci.tests.monorepo import Monorepo
from planner import images
from recorder.branch import Branch, PushError
from recorder.record import ATTEMPTS, record

DIGEST = f"sha256:{'1' * 64}"
NEW = "a" * 16


class Server:
    """The team's bare repository, and a developer's clone of it."""

    def __init__(self, developer: Monorepo, folder: Path) -> None:
        self.developer = developer
        self.url = str(folder / "server.git")
        subprocess.run(["git", "clone", "--quiet", "--bare", developer.folder, self.url], check=True)
        developer.git("remote", "add", "origin", self.url)
        self.runner = folder / "runner"
        subprocess.run(["git", "clone", "--quiet", self.url, self.runner], check=True)

    def branch(self, header: str = "") -> Branch:
        return Branch(self.runner, self.url, "main", header)

    def push(self, message: str = "change", *options: str) -> str:
        self.developer.commit(message)
        self.developer.git("push", "--quiet", *options, "origin", "HEAD:main")
        return self.developer.head

    def image(self, name: str = "cart") -> images.Image:
        return images.parse(name, self.git("show", f"main:{images.path(name)}"))

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", "-C", self.url, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def server(shop: Monorepo, tmp_path: Path) -> Server:
    """cart is due there."""
    shop.change("services/cart/src/cart/part_9.py", "9", "10")
    shop.commit()
    return Server(shop, tmp_path)


def never(_: float) -> None:
    raise AssertionError("there was no race to lose")


def test_only_the_file_of_the_service_changes(server: Server) -> None:
    head = server.developer.head
    told = record(server.branch(), "cart", NEW, DIGEST, head, never)
    assert f"cart: {NEW} is recorded in" in told
    image = server.image()
    assert (image.tag, image.digest, image.revision) == (NEW, DIGEST, head)
    assert server.git("diff", "--name-only", head, "main").split() == [images.path("cart")]
    assert server.git("log", "-1", "--format=%s", "main").strip() == f"cart: image {NEW} [skip ci]"
    assert image.text().startswith("# Which image of cart runs.")
    assert record(server.branch(), "cart", NEW, DIGEST, head, never) == f"cart: {NEW} is recorded already"


def test_a_lost_race_is_run_again_on_the_new_head(server: Server) -> None:
    head = server.developer.head
    waited: list[float] = []

    class Late(Branch):
        def push(self, head: str, new: str) -> None:
            if not waited:
                server.developer.write("README.md", "meanwhile\n")
                server.push("meanwhile")
            super().push(head, new)

    record(Late(server.runner, server.url, "main"), "cart", NEW, DIGEST, head, waited.append)
    assert len(waited) == 1
    assert server.image().tag == NEW
    assert server.git("show", "main:README.md") == "meanwhile\n"


def test_a_race_is_told_by_the_branch_whatever_the_server_calls_it(server: Server) -> None:
    head = server.developer.head
    server.developer.write("README.md", "meanwhile\n")
    server.developer.commit("meanwhile")
    server.developer.git("push", "--quiet", "origin", "HEAD:refs/heads/rival")
    hook = Path(server.url, "hooks", "pre-receive")
    hook.write_text(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main refs/heads/rival\n"
        "rm hooks/pre-receive\necho 'reference update refused' >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    waited: list[float] = []
    record(server.branch(), "cart", NEW, DIGEST, head, waited.append)
    assert len(waited) == 1
    assert server.image().tag == NEW
    assert server.git("show", "main:README.md") == "meanwhile\n"


def test_who_always_loses_gives_up_and_leaves_nothing(server: Server) -> None:
    head, waits = server.developer.head, []

    class Unlucky(Branch):
        def push(self, head: str, new: str) -> None:
            server.push("faster")
            super().push(head, new)

    with pytest.raises(PushError, match=f"moved on before each of {ATTEMPTS} pushes: cart stays due"):
        record(Unlucky(server.runner, server.url, "main"), "cart", NEW, DIGEST, head, waits.append)
    assert len(waits) == ATTEMPTS
    assert len(set(waits)) == ATTEMPTS, "no jitter"
    assert server.image().tag != NEW


def test_an_older_build_is_not_put_in_place_of_a_newer(server: Server) -> None:
    older = server.developer.head
    server.developer.change("services/cart/src/cart/part_1.py", "1", "2")
    newer = server.push()
    server.developer.change("services/cart/src/cart/part_1.py", "2", "3")
    server.push()
    record(server.branch(), "cart", NEW, DIGEST, newer, never)
    told = record(server.branch(), "cart", "b" * 16, DIGEST, older, never)
    assert "which is newer" in told
    assert server.image().tag == NEW


def test_a_build_that_the_branch_has_left_behind_is_recorded_while_it_is_the_newest(server: Server) -> None:
    older = server.developer.head
    server.developer.change("services/cart/src/cart/part_1.py", "1", "2")
    server.push()
    record(server.branch(), "cart", NEW, DIGEST, older, never)
    assert server.image().tag == NEW


def test_what_the_branch_asks_for_stays(server: Server) -> None:
    """A revert was pushed while the reverted change was built: the image of before is recorded, and right."""
    record(server.branch(), "cart", server.developer.tag("cart"), DIGEST, server.developer.head, never)
    server.developer.git("pull", "--quiet", "origin", "main")
    server.developer.change("services/cart/src/cart/part_1.py", "1", "2")
    changed, built = server.push(), server.developer.tag("cart")
    server.developer.change("services/cart/src/cart/part_1.py", "2", "1")
    server.push("revert")
    before = server.image()
    assert "is what main asks for" in record(server.branch(), "cart", built, DIGEST, changed, never)
    assert server.image() == before


def test_a_branch_that_was_rewritten_is_left_alone(server: Server) -> None:
    server.developer.change("services/cart/src/cart/part_1.py", "1", "2")
    revision = server.push()
    subprocess.run(["git", "-C", server.runner, "fetch", "--quiet"], check=True)
    server.developer.git("reset", "--quiet", "--hard", "HEAD~1")
    head = server.push("another way", "--force")
    with pytest.raises(PushError, match=f"{revision} is no longer in main, which was rewritten: nothing was recorded"):
        record(server.branch(), "cart", NEW, DIGEST, revision, never)
    assert server.git("rev-parse", "main").strip() == head


def test_a_deleted_branch_is_not_made_again(server: Server) -> None:
    revision = server.developer.head

    class Gone(Branch):
        def push(self, head: str, new: str) -> None:
            server.git("branch", "-m", "main", "gone")
            super().push(head, new)

    with pytest.raises(PushError, match=r"the branch main of .* is gone: nothing was recorded"):
        record(Gone(server.runner, server.url, "main"), "cart", NEW, DIGEST, revision, lambda _: None)
    assert server.git("branch", "--format=%(refname:short)").split() == ["gone"]


def test_a_closed_branch_is_an_error_at_once(server: Server) -> None:
    hook = Path(server.url, "hooks", "pre-receive")
    hook.write_text("#!/bin/sh\necho 'GitLab: You are not allowed to push code to protected branches.' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushError, match=r"(?s)not allowed to push.*write_repository"):
        record(server.branch(), "cart", NEW, DIGEST, server.developer.head, never)


def test_a_service_that_was_removed_meanwhile_is_named(server: Server) -> None:
    revision = server.developer.head
    server.developer.git("rm", "--quiet", "-r", images.path("cart"), "services/cart")
    server.push()
    with pytest.raises(PushError, match=r"images/cart.yaml is missing"):
        record(server.branch(), "cart", NEW, DIGEST, revision, never)


def test_a_shallow_clone_gets_the_history_it_needs(server: Server, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{server.url}", tmp_path / "shallow"], check=True)
    branch = Branch(tmp_path / "shallow", f"file://{server.url}", "main")
    record(branch, "cart", NEW, DIGEST, server.developer.head, never)
    assert server.image().tag == NEW


def test_the_token_is_in_no_message(server: Server) -> None:
    branch = Branch(server.runner, "http://127.0.0.1:9/nothing.git", "main", "Authorization: Basic c2VjcmV0")
    with pytest.raises(PushError) as failed:
        branch.fetch()
    assert "c2VjcmV0" not in str(failed.value)
    assert "cannot be read" in str(failed.value)
