"""charts/umbrella/images/NAME.yaml: which image of a service runs. Written by machines alone, so read strictly."""

import re
from dataclasses import dataclass, replace
from textwrap import indent

from planner.errors import PlanError

FOLDER = "charts/umbrella/images"
NEVER = "dev"
"""The tag of a service that no pipeline has built."""
SHAPE = """\
# Which image of {name} runs. Written by the pipeline's update stage; `dev` is what `make image S={name}` builds.
{name}:
  image:
    tag: "dev"
    digest: ""
    revision: ""
"""


@dataclass(frozen=True)
class Image:
    """What a file records: the tag, the digest the registry gave it, and the commit it was built from."""

    comment: str
    name: str
    tag: str
    digest: str
    revision: str

    def text(self) -> str:
        return (
            f"{self.comment}{self.name}:\n  image:\n"
            f'    tag: "{self.tag}"\n    digest: "{self.digest}"\n    revision: "{self.revision}"\n'
        )

    def built(self, tag: str, digest: str, revision: str) -> "Image":
        return replace(self, tag=tag, digest=digest, revision=revision)


def shape(name: str) -> str:
    """The file of a service that no pipeline has built, indented, for a message."""
    return indent(SHAPE.format(name=name), "    ").rstrip()


def path(name: str) -> str:
    return f"{FOLDER}/{name}.yaml"


def parse(name: str, text: str) -> Image:
    """Raises PlanError where the file is not exactly of its shape, or holds what no pipeline wrote."""
    found = re.fullmatch(
        rf"((?:#[^\n]*\n)*){re.escape(name)}:\n  image:\n"
        r'    tag: "([^"\n]*)"\n    digest: "([^"\n]*)"\n    revision: "([^"\n]*)"\n',
        text.replace("\r\n", "\n"),
    )
    if not found:
        raise PlanError(f"{path(name)} must look like this:\n{shape(name)}")
    image = Image(found[1], name, found[2], found[3], found[4])
    for key, value, pattern, wanted in (
        ("tag", image.tag, rf"{NEVER}|[0-9a-f]{{12,64}}", f'"{NEVER}", or a tag that `ci/plan --tag {name}` printed'),
        ("digest", image.digest, r"(sha256:[0-9a-f]{64})?", '"", or sha256: and 64 hexadecimal digits'),
        ("revision", image.revision, r"([0-9a-f]{40}|[0-9a-f]{64})?", '"", or the full name of a commit'),
    ):
        if not re.fullmatch(pattern, value):
            raise PlanError(f'{path(name)}: {key} "{value}" must be {wanted}')
    return image
