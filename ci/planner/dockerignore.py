"""Which files `docker build` does not send: https://docs.docker.com/build/concepts/context/#dockerignore-files."""

import re
from posixpath import normpath


class Ignored:
    """The patterns of one .dockerignore. The last that matches a path, or a folder it is in, decides."""

    def __init__(self, text: str) -> None:
        self.patterns: list[tuple[bool, re.Pattern[str]]] = []
        for line in text.removeprefix("\ufeff").splitlines():
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            again = pattern.startswith("!")
            pattern = normpath(pattern.removeprefix("!").strip()).lstrip("/")
            if pattern != ".":
                self.patterns.append((not again, re.compile(translate(pattern) + "(?:/.*)?", re.DOTALL)))

    def __contains__(self, path: str) -> bool:
        for ignored, pattern in reversed(self.patterns):
            if pattern.fullmatch(path):
                return ignored
        return False


def translate(pattern: str) -> str:
    """A pattern of Go's filepath.Match, with `**` for any number of folders, as a regular expression."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**"):
            folders = rest.startswith("**/")
            parts.append("(?:.*/)?" if folders else ".*")
            at += 3 if folders else 2
        elif rest[0] == "*":
            parts.append("[^/]*")
            at += 1
        elif rest[0] == "?":
            parts.append("[^/]")
            at += 1
        elif found := re.match(r"\[(\^?)((?:\\.|[^\]\\])+)\]", rest):
            parts.append(f"[{found[1]}{found[2].replace('[', chr(92) + '[')}]")
            at += found.end()
        elif rest[0] == "\\" and len(rest) > 1:
            parts.append(re.escape(rest[1]))
            at += 2
        else:
            parts.append(re.escape(rest[0]))
            at += 1
    return "".join(parts)
