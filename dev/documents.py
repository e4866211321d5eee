"""Rewrite what documents say between markers, from the code: `make docs`. A test finds what is stale.

`<!-- settings -->` in a README: the environment variables, from the settings class. `<!-- calls -->` in
docs/architecture.md: who calls whom, from the chart.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from servicekit import ServiceSettings

from dev.workspace import LIBS, ROOT, SERVICES, VALUES, services

ARCHITECTURE = ROOT / "docs" / "architecture.md"


def stale() -> Iterator[tuple[Path, str]]:
    """Each document that says something else than the code, with what it should be."""
    shared = settings_table(ServiceSettings, [*ServiceSettings.model_fields])
    wanted = {
        LIBS / "servicekit" / "README.md": ("settings", shared),
        ARCHITECTURE: ("calls", picture()),
    }
    for each in services():
        own = [name for name, field in each.settings.model_fields.items() if _own(name, field)]
        wanted[SERVICES / each.name / "README.md"] = ("settings", settings_table(each.settings, own))
    for path, (marker, text) in wanted.items():
        before = path.read_text("utf-8")
        after, times = re.subn(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", _between(text), before, flags=re.S)
        if times != 1:
            raise SystemExit(f"{path.relative_to(ROOT)} must have <!-- {marker} --> and <!-- /{marker} -->, once")
        if after != before:
            yield path, after


def _between(text: str) -> Callable[[re.Match[str]], str]:
    return lambda markers: f"{markers[1]}{text}{markers[2]}"


def settings_table(settings: type[ServiceSettings], names: list[str]) -> str:
    """A row a variable."""
    rows = "".join(_row(name, settings.model_fields[name]) for name in names)
    return f"| variable | default | meaning |\n|---|---|---|\n{rows}"


def picture() -> str:
    """Who calls whom, as a Mermaid flowchart."""
    values = yaml.safe_load(VALUES.read_text("utf-8"))
    public = [each.name for each in services() if "publicPaths" in (values.get(each.name) or {})]
    lines = [f"    visitor([visitor]) --> {name}" for name in public]
    for each in services():
        lines += [f"    {each.name} --> {called}" for called in each.calls] or [f"    {each.name}"]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```\n"])


def _own(name: str, field: FieldInfo) -> bool:
    shared = ServiceSettings.model_fields.get(name)
    return shared is None or shared.default != field.default


def _row(name: str, field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        default = default.relative_to(ROOT)
    shown = "required" if default is PydanticUndefined else f"`{default}`" if f"{default}" else ""
    return f"| `{name.upper()}` | {shown} | {(field.description or '').replace('|', chr(92) + '|')} |\n"


def main() -> None:
    """Rewrite what is stale."""
    for path, text in stale():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
