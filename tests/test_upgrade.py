"""`make upgrade`: what its summary says, and what it leaves when there is no registry."""

import os
import subprocess
import sys

from dev.upgrade import summary
from dev.workspace import ROOT


def test_the_summary_marks_what_may_break():
    before = {"a": "1.9", "b": "1.9", "c": "0.4.1", "d": "0.4.1", "e": "2", "gone": "1", "same": "1"}
    after = {"a": "1.10", "b": "2.0", "c": "0.4.2", "d": "0.5.0", "e": "2.1", "new": "1", "same": "1"}
    lines = [" ".join(line.split()) for line in summary(before, after)]
    assert lines == [
        "a 1.9 -> 1.10",
        "b 1.9 -> 2.0 (may break)",
        "c 0.4.1 -> 0.4.2",
        "d 0.4.1 -> 0.5.0 (may break)",
        "e 2 -> 2.1",
        "gone 1 -> gone",
        "new new -> 1",
    ]


def test_without_a_registry_the_lock_stays_and_the_reason_is_shown(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\ndependencies = ["fastapi"]\n')
    package = '[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n'
    lock = f'version = 1\nrequires-python = ">=3.11"\n\n{package}'
    (tmp_path / "uv.lock").write_text(lock)
    nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:1/simple", "UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "0"}
    ended = subprocess.run(
        [sys.executable, ROOT / "dev" / "upgrade.py"],
        cwd=tmp_path,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "http://127.0.0.1:1/simple" in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("uv.lock is as it was")
    assert (tmp_path / "uv.lock").read_text() == lock
