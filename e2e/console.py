"""A page that is typed into a shell: what its fenced blocks say is done and shown, is done, and must be shown.

- In a ```console block a line `$ command` is typed, with `> ` lines going on with it; the lines below are what must be
  printed. Blanks count as one, `...` stands for anything in a line, and a line of it alone for any lines.
- A command must succeed; or fail, if a line of what is expected begins with `error`, or with `command terminated`, as
  kubectl says it. What ends with `&` goes on in the background, and what is expected of it must come in time.
- A ```yaml block that begins with `# NAME.yaml` is saved under that name.

Other blocks are not executed. A `## ` heading begins a section.
"""

import os
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from textwrap import indent
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Step:
    """A command, the lines it must print, and its line in the page."""

    command: str
    expected: list[str]
    line: int


@dataclass(frozen=True)
class Section:
    """What is typed under one heading."""

    title: str
    steps: list[Step] = field(default_factory=list)


def read_page(page: Path) -> list[Section]:
    """The sections of a page that have something to type."""
    sections = [Section("")]
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), 1))
    for number, line in lines:
        if line.startswith("## "):
            sections.append(Section(line.removeprefix("## ")))
        elif line.startswith("```"):
            block = _block(lines)
            if line == "```console":
                sections[-1].steps.extend(_commands(block, number + 1))
            elif line == "```yaml" and (name := re.fullmatch(r"# (\S+\.yaml)", block[0])):
                content = "\n".join(block)
                sections[-1].steps.append(Step(f"cat >{name[1]} <<'END OF FILE'\n{content}\nEND OF FILE", [], number))
    return [section for section in sections if section.steps]


def matches(expected: list[str], printed: str) -> bool:
    """Whether what was printed is what the page shows."""
    pattern = "".join(map(_pattern, _squeezed(expected)))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _squeezed(printed.splitlines()))) is not None


class Shell:
    """A bash that types the page's commands, one after the other; it and all it began are gone after the `with`."""

    def __init__(self, page: Path, log: Path, **environment: str) -> None:
        self._page = page
        self._log = log
        self._typed = 0
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=os.environ | environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def type(self, step: Step, seconds: float = 60) -> str:
        """Type the command and compare. Gives back what is wrong with it or what it printed: empty if nothing is."""
        self._typed += 1
        output = self._log / f"{self._typed}.txt"
        status = self._status(f"eval {shlex.quote(step.command)} >{shlex.quote(str(output))} 2>&1 </dev/null", seconds)
        printed = output.read_text("utf-8", "replace")
        if step.command.endswith("&"):
            end = time.monotonic() + seconds
            while not matches(step.expected, printed) and time.monotonic() < end:
                time.sleep(0.1)
                printed = output.read_text("utf-8", "replace")
        fails = any(re.match("[Ee]rror|command terminated", line) for line in step.expected)
        if status is None:
            wrong = f"not done within {seconds:g} s"
        elif bool(status) != fails:
            wrong = f"status {status}"
        elif not matches(step.expected, printed):
            wrong = "not what the page shows"
        else:
            return ""
        shown = ("$ " + step.command, "\n".join(step.expected), printed)
        command, expected, printed = (indent(text.rstrip("\n") or "(nothing)", "    ") for text in shown)
        return f"{self._page}:{step.line}: {wrong}\n{command}\nexpected:\n{expected}\nprinted:\n{printed}"

    def _status(self, line: str, seconds: float) -> int | None:
        """The exit status of what is typed; none if it does not end in time."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{line}\necho $?\n".encode())
        self._bash.stdin.flush()
        ready, _, _ = select.select([self._bash.stdout], [], [], seconds)
        return int(self._bash.stdout.readline()) if ready else None


def _block(lines: Iterator[tuple[int, str]]) -> list[str]:
    """The lines up to the closing fence."""
    return [line for _, line in takewhile(lambda numbered: numbered[1] != "```", lines)]


def _commands(block: list[str], first: int) -> Iterator[Step]:
    """What a block has to type; its first line is line `first` of the page."""
    numbered = list(enumerate(block, first))
    while numbered:
        number, line = numbered.pop(0)
        assert line.startswith("$ "), f"line {number}: a block begins with a command, `$ ...`"
        typed, expected = [line[2:]], []
        while numbered and numbered[0][1].startswith(">"):
            typed.append(numbered.pop(0)[1][2:])
        while numbered and not numbered[0][1].startswith("$ "):
            expected.append(numbered.pop(0)[1])
        yield Step("\n".join(typed), expected, number)


def _squeezed(lines: list[str]) -> list[str]:
    """Without the blanks that only make columns, and without empty lines."""
    return [" ".join(line.split()) for line in lines if line.strip()]


def _pattern(line: str) -> str:
    """The expression for an expected line."""
    return r"(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
