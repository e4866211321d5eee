"""An environment of its own for each server, made on first use from its pinned requirements."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from servers import CACHE, ROOT

UV = ROOT / ".venv" / "bin" / "uv"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def make(name: str) -> str | None:
    """Have `.cache/NAME`; the installer's error where that cannot be."""
    folder = CACHE / name
    requirements = ROOT / "uv.lock" if name == "punchline" else ROOT / "bench/peers" / name / "requirements.txt"
    stamp, wanted = folder / ".made", hashlib.sha256(requirements.read_bytes() + PYTHON.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    print(f"installing {name}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    commands: list[list[str | Path]]
    if name == "punchline":
        env["UV_PROJECT_ENVIRONMENT"] = str(folder)
        commands = [
            [UV, "sync", "-q", "--frozen", "--package", "model", "--no-default-groups", "--python", sys.executable]
        ]
    else:
        commands = [
            [UV, "venv", "-q", "--python", sys.executable, folder],
            [UV, "pip", "install", "-q", "--python", folder / "bin/python", "-r", requirements],
        ]
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            return str(done.stderr.strip())
    stamp.write_text(wanted)
    return None


def megabytes(name: str) -> int:
    """What the environment takes on disk."""
    files = (path for path in (CACHE / name).rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 1e6)


def version(name: str) -> str:
    """The version of what the row is about, as its environment has it."""
    package = {"punchline": "model", "bare": "uvicorn"}.get(name, name)
    environment = "punchline" if name == "bare" else name
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([CACHE / environment / "bin/python", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def pipeline() -> None:
    """Have the scikit-learn pipeline of the weights that are served."""
    file, card = CACHE / "pipeline.joblib", ROOT / "services/model/artefact/card.json"
    if not file.exists() or file.stat().st_mtime < card.stat().st_mtime:
        file.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, Path(__file__).with_name("weights.py"), file], check=True)
