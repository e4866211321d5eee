"""Files that change together: all of them, or none."""

import shutil
import signal
import tempfile
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self


class Changes:
    """Within the block every change is noted; an error, Ctrl-C or SIGTERM puts all back as it was."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: list[str] = []
        """What was touched, relative to the root."""
        self._kept = Path(tempfile.mkdtemp(prefix="changes-"))
        self._before: dict[Path, Path | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path, kept in self._before.items() if error else ():
            _remove(path)
            if kept:
                _copy(kept, path)
        shutil.rmtree(self._kept)

    def keep(self, path: Path) -> None:
        """Note a file or folder, there or not, that is about to change."""
        target = self.root / path
        if target in self._before:
            return
        kept = self._kept / str(len(self._before))
        if target.exists():
            _copy(target, kept)
        self._before[target] = kept if target.exists() else None
        self.made.append(f"{path}/" if target.is_dir() else str(path))

    def write(self, path: Path, text: str) -> None:
        """A file's new text."""
        self.keep(path)
        (self.root / path).write_text(text, encoding="utf-8")

    def remove(self, path: Path) -> None:
        """A file or a folder, gone."""
        self.keep(path)
        _remove(self.root / path)


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
