"""What the documents say is so: tables from the code, links, verbs of make."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from servicekit import ServiceSettings

from dev.documents import stale
from dev.workspace import ROOT, services

ELSEWHERE = re.compile(
    r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s<>]*)?|http://127\.0\.0\.1:\d+(/[^\s<>]*)?|mailto:\S+@\S+"
)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\n") if name and (ROOT / name).exists()]


def anchors(page: Path) -> set[str]:
    """The headings as GitHub and GitLab name them in links."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.M)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\]\(.*?\)", "", heading).lower()).replace(" ", "-") for heading in headings
    }


def links(page: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text("utf-8")))
    return re.findall(r"\]\(<?([^)\s>]+)>?\)", text) + re.findall(r'<a href="([^"]+)"', text)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_elsewhere_are_addresses(page):
    """Whether somebody answers there is not asked: these tests need no internet."""
    found = [link for link in links(page) if re.match(r"[a-z]+:", link)]
    assert [link for link in found if not ELSEWHERE.fullmatch(link)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """In this repository: to a file that is there, and a heading that it has."""
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_what_is_made_from_the_code_is_current():
    assert [str(path.relative_to(ROOT)) for path, _ in stale()] == [], "make docs rewrites them"


def test_every_variable_is_explained():
    for settings in (ServiceSettings, *(each.settings for each in services())):
        for name, field in settings.model_fields.items():
            assert field.description, f"{settings.__module__}: {name.upper()}"


def verbs() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


def test_every_verb_is_in_the_help():
    """And phony by that: the Makefile takes the list from the same lines."""
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\S+) +\S", shown, re.M)) == verbs()


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_verbs_that_are_told_of_are_there(page):
    text = page.read_text("utf-8")
    told = re.findall(r"(?:^|\$ |; |`|&& )(?:    )?make ([a-z0-9][a-z0-9-]*)(?=[\s`;,])", text, re.M)
    assert set(told) <= verbs()


SKELETON = ["README.md", "pyproject.toml", "Dockerfile", "openapi.json", "src", "tests"]


@pytest.mark.parametrize("each", services(), ids=lambda each: each.name)
def test_every_service_has_the_skeleton(each):
    assert [name for name in SKELETON if not (each.folder / name).exists()] == []
    assert (each.folder / "src" / each.module / "__main__.py").exists()
