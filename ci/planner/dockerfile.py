"""What a Dockerfile takes from the repository, and which parts of uv.lock it installs."""

import json
import re
import shlex
from posixpath import normpath

from planner.errors import PlanError

NO_DEFAULT = ("--no-dev", "--no-default-groups")


class Dockerfile:
    """The instructions of one Dockerfile, as far as they say what goes into the image."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.copies: list[str] = []
        """Patterns of paths in the repository, which `.` stands for as a whole."""
        self.groups: set[str] = set()
        """Dependency groups of the service that some stage installs; `*` is all of them."""
        self.extras: set[str] = set()
        for keyword, rest in instructions(text):
            if keyword in ("COPY", "ADD"):
                self._copy(keyword, rest)
            elif keyword == "RUN":
                self._run(rest)

    def _copy(self, keyword: str, rest: str) -> None:
        flags, words = arguments(rest)
        if any(flag.startswith("--from=") for flag in flags):
            return
        for source in words[:-1]:
            if not source.startswith("<<") and not re.match(r"https?://|git@|git://", source):
                self._take(keyword, source)

    def _run(self, rest: str) -> None:
        flags, _ = arguments(rest)
        for flag in flags:
            options = dict(option.partition("=")[::2] for option in flag.removeprefix("--mount=").split(","))
            if flag.startswith("--mount=") and options.get("type", "bind") == "bind" and "from" not in options:
                self._take("RUN --mount", options.get("source") or options.get("src") or ".")
        for command in re.split(r"&&|\|\||[;|\n]", rest):
            if re.search(r"\buv\s+(sync|export|run)\b", command):
                self._installs(command.split())

    def _installs(self, words: list[str]) -> None:
        if not any(word in words for word in NO_DEFAULT):
            self.groups.add("dev")
        if "--all-groups" in words:
            self.groups.add("*")
        if "--all-extras" in words:
            self.extras.add("*")
        for option, found in (("--group", self.groups), ("--only-group", self.groups), ("--extra", self.extras)):
            for at, word in enumerate(words):
                if word.startswith(option + "="):
                    found.add(word.partition("=")[2])
                elif word == option and at + 1 < len(words):
                    found.add(words[at + 1])

    def _take(self, keyword: str, source: str) -> None:
        if "$" in source:
            raise PlanError(
                f"{self.path}: {keyword} {source}: write the path out; what a variable holds is not known here"
            )
        self.copies.append(normpath(source.lstrip("/") or "."))


def instructions(text: str) -> list[tuple[str, str]]:
    """Keyword and rest of each instruction: continued lines joined, comments and here-documents left out."""
    found: list[tuple[str, str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = line.rstrip()
        while whole.endswith("\\"):
            following = next(lines, "")
            if not following.lstrip().startswith("#"):
                whole = whole[:-1] + " " + following.strip()
        keyword, _, rest = whole.strip().partition(" ")
        for end in re.findall(r"<<-?[\"']?(\w+)[\"']?", rest) if keyword.upper() in ("RUN", "COPY", "ADD") else []:
            body: list[str] = []
            for inner in lines:
                if inner.strip() == end:
                    break
                body.append(inner)
            if keyword.upper() == "RUN":
                rest += "\n" + "\n".join(body)
        found.append((keyword.upper(), rest.strip()))
    return found


def arguments(rest: str) -> tuple[list[str], list[str]]:
    """The flags of an instruction, and its words, which may stand in a JSON array."""
    flags: list[str] = []
    while found := re.match(r"(--[\w-]+(?:=\S+)?)\s+", rest):
        flags.append(found[1])
        rest = rest[found.end() :]
    if rest.startswith("["):
        try:
            return flags, json.loads(rest)
        except json.JSONDecodeError:
            pass
    try:
        return flags, shlex.split(rest)
    except ValueError:
        return flags, rest.split()
