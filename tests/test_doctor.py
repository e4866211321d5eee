"""`make doctor` says what a machine lacks."""

import re
import subprocess
import sys
from pathlib import Path

from dev import doctor

ROOT = Path(__file__).parents[1]


def doctor_says(path: Path) -> tuple[int, list[str]]:
    """Its exit code and lines on a machine whose programs are those in `path`."""
    command = [sys.executable, "dev/doctor.py"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def test_what_every_verb_needs_is_an_error_and_the_rest_is_not(tmp_path: Path) -> None:
    code, said = doctor_says(tmp_path)
    assert code == 1
    assert "missing  git                      needed by: everything" in said
    assert "missing  rsync                    needed by: pipeline-test e2e-delivery" in said
    (tmp_path / "git").touch(0o755)
    code, said = doctor_says(tmp_path)
    assert code == 0
    assert f"ok       git                      {tmp_path}/git" in said


def test_the_verbs_it_names_are_there() -> None:
    targets = re.findall(r"^([a-z0-9-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {verb for *_, verbs in doctor.CHECKS for verb in re.findall(r"\b[a-z0-9-]+\b(?!=)", verbs)}
    assert named - {"everything", "images", "kind"} <= set(targets)
