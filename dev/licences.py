"""What the images install is under licences that ask for no more than a notice: `make licences`.

Tools of development are not looked at: no image has them.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
EXPORT = ["export", "-q", "--frozen", "--no-dev", "--no-default-groups", "--all-packages"]
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",  # its files are not changed here
    "PSF-2.0",
    "Zlib",
}
"""By SPDX."""
OTHERWISE = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages write that do not know SPDX."""


def allowed(licence: str) -> bool:
    """Whether an expression can be met: one of what `OR` parts, all of what `AND`, or `;` in older metadata, parts."""
    return any(all(map(_known, re.split(r" AND |;", choice))) for choice in licence.split(" OR "))


def _known(term: str) -> bool:
    term = term.strip()
    return OTHERWISE.get(term, term.strip("()")) in ALLOWED


def main() -> None:
    """Print the table; exit with 1 and the packages that are not allowed."""
    exported = [*EXPORT, "--no-hashes", "--no-emit-workspace"]
    listed = subprocess.run([BIN / "uv", *exported], capture_output=True, text=True, check=True).stdout  # noqa: S603
    names = re.findall(r"^([\w.-]+)==", listed, re.M)
    command = [BIN / "pip-licenses", "--python", sys.executable, "--from=mixed", "--format=json", "--packages", *names]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603
    refused = [each for each in found if not allowed(each["License"])]
    for each in found:
        print(f"{each['Name']:28} {each['Version']:12} {each['License']}")
    print(f"{len(found)} packages of {len(names)} in the images' lock, {len(refused)} not allowed")
    for each in refused:
        print(f"{each['Name']}: {each['License']} is not in dev/licences.py", file=sys.stderr)
    sys.exit(bool(refused))


if __name__ == "__main__":
    main()
