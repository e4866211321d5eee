"""The patterns of .dockerignore, and what a Dockerfile takes."""

import pytest

from planner.dockerfile import Dockerfile
from planner.dockerignore import Ignored

PATTERNS = [
    ("a", "a", True),
    ("a", "a/b/c", True),
    ("a", "b/a", False),
    ("/a/", "a/b", True),
    ("*/a", "b/a", True),
    ("*/a", "a", False),
    ("*/a", "b/c/a", False),
    ("**/a", "a", True),
    ("**/a", "b/c/a/d", True),
    ("a/**", "a/b", True),
    ("a/**/c", "a/c", True),
    ("a/**/c", "a/b/b/c", True),
    ("*.py", "a.py", True),
    ("*.py", "b/a.py", False),
    ("**/*.py", "b/a.py", True),
    ("a?", "ab", True),
    ("a?", "a/", False),
    ("[ab].c", "b.c", True),
    ("[^ab].c", "b.c", False),
    ("[^ab].c", "d.c", True),
    ("a\\*", "a*", True),
    ("a\\*", "ab", False),
    ("a.c", "abc", False),
    ("a\n!a/b", "a/b/c", False),
    ("a\n!a/b\na/b/c", "a/b/c", True),
    ("*\n!a\n**/tests", "a/tests/x", True),
    ("# a\n\n  b  ", "b", True),
    ("./a", "a", True),
]


@pytest.mark.parametrize(("patterns", "path", "ignored"), PATTERNS)
def test_patterns(patterns: str, path: str, ignored: bool) -> None:
    assert (path in Ignored(patterns)) is ignored


COPIES = [
    ("COPY a b/c /app/", ["a", "b/c"]),
    ("copy --chown=1:1 --link a /app", ["a"]),
    ("COPY --from=build /src /app", []),
    ('COPY ["a b", "/app/"]', ["a b"]),
    ("COPY . .", ["."]),
    ("COPY ./a/ \\\n  # why\n  b \\\n  /app/", ["a", "b"]),
    ("ADD https://example.com/x /x\nADD a /a", ["a"]),
    ("# COPY a b", []),
    ("COPY <<EOF /x\nCOPY a b\nEOF\nCOPY c d", ["c"]),
    ("RUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=cache,target=/c uv sync", ["uv.lock"]),
    ("RUN --mount=type=bind,from=build,source=x,target=/x true", []),
]


@pytest.mark.parametrize(("text", "copies"), COPIES)
def test_copies(text: str, copies: list[str]) -> None:
    assert Dockerfile("Dockerfile", text).copies == copies


GROUPS = [
    ("RUN uv sync --no-dev", set()),
    ("RUN uv sync", {"dev"}),
    ("RUN /uv/bin/uv sync --frozen --no-default-groups --group train --group=more", {"train", "more"}),
    ("RUN uv sync --no-dev && uv sync \\\n --no-dev --group late", {"late"}),
    ("RUN uv sync --no-dev --all-groups", {"*"}),
    ("RUN pip install --group train", set()),
    ("RUN uv pip install x", set()),
]


@pytest.mark.parametrize(("text", "groups"), GROUPS)
def test_groups(text: str, groups: set[str]) -> None:
    assert Dockerfile("Dockerfile", text).groups == groups
