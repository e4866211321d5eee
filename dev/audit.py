"""Known vulnerabilities of what uv.lock has, asked of OSV: `make audit`. Says so where OSV cannot be reached."""

import subprocess
import sys
from pathlib import Path

UNREACHABLE = ("error sending request", "dns error", "failed to lookup address", "Connect", "timed out")


def main() -> int:
    """The status of `uv audit`: 0 for none known, 1 for some; 0, and NOT AUDITED, where nobody could be asked."""
    command = [
        str(Path(sys.executable).parent / "uv"),
        "audit",
        "--frozen",
        "--preview-features",
        "audit",
        *sys.argv[1:],
    ]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    if done.returncode and not done.stdout.strip() and any(words in done.stderr for words in UNREACHABLE):
        print("NOT AUDITED: the database of known vulnerabilities cannot be reached from here.", file=sys.stderr)
        return 0
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
