"""Lighthouse's opinion of the page and the weight of the first view, for `docs/page-audit.md`: `make page-audit`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from browser.chromium import arguments, chromium, executable
from browser.states import POLISH
from browser.system import system

LIGHTHOUSE = "lighthouse@12.8.2"
LEAST = 95
PAGES = {"guess": "/", "reveal": f"/jokes/{POLISH}?guess=pl", "try": "/try", "model card": "/model", "hood": "/hood"}
NOT_FOR_SEARCH = ("reveal",)
"""Pages that ask search engines to pass them over, since every guess has an address; Lighthouse counts that against."""

DOCUMENT = Path(__file__).parents[1] / "docs/page-audit.md"


def lighthouse(url: str, browser: str, preset: str) -> dict[str, Any]:
    """The report on one address."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory, "report.json")
        command = ["npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags=--headless=new {' '.join(arguments())}"]
        command += ["--preset=desktop"] if preset == "desktop" else []
        ended = subprocess.run(command, env={**os.environ, "CHROME_PATH": browser}, capture_output=True, text=True)
        if ended.returncode or not report.exists():
            sys.exit(f"Lighthouse failed on {url}:\n{ended.stderr[-2000:]}")
        return json.loads(report.read_text())


def weight(browser: Browser, url: str) -> tuple[int, int]:
    """Requests and bytes over the wire of a first view."""
    page = browser.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle")
    page.close()
    return len(sizes), int(sum(sizes))


def main() -> int:
    """0 when every score is what it should be."""
    if not shutil.which("npx"):
        sys.exit("Lighthouse comes from npm: install Node.js 18 or newer, so that npx is in PATH.")
    rows, low = [], []
    with chromium() as browser, system() as running:
        path = executable() or browser.browser_type.executable_path
        for name, address in PAGES.items():
            requests, size = weight(browser, running.url + address)
            for preset in ("mobile", "desktop"):
                report = lighthouse(running.url + address, path, preset)
                scores = {key: round(100 * category["score"]) for key, category in report["categories"].items()}
                low += [
                    f"{name}, {preset}: {key} {score}"
                    for key, score in scores.items()
                    if score < LEAST and not (key == "seo" and name in NOT_FOR_SEARCH)
                ]
                audits = report["audits"]
                paint = audits["first-contentful-paint"]["numericValue"]
                shift = audits["cumulative-layout-shift"]["numericValue"]
                cells = [name, preset, *(scores[k] for k in ("performance", "accessibility", "best-practices", "seo"))]
                rows.append([*cells, f"{paint / 1000:.1f} s", f"{shift:.3f}", requests, f"{size / 1000:.1f} kB"])
                print(*rows[-1], sep="\t", flush=True)
        version = report["lighthouseVersion"]
    heads = ["page", "as", "performance", "accessibility", "best practices", "SEO", "first paint", "layout shift"]
    table = [[*heads, "requests", "over the wire"], ["---"] * 10, *rows]
    lines = [f"| {' | '.join(map(str, row))} |" for row in table]
    DOCUMENT.write_text(
        "# The page, measured\n\n"
        f"`make page-audit` wrote this with Lighthouse {version}; mobile is a slow phone on a slow network. Requests\n"
        "and bytes are those of a view with an empty cache. The reveal asks search engines to pass it over, since\n"
        "every guess has an address: that is what it lacks in SEO.\n\n" + "\n".join(lines) + "\n"
    )
    print(*low, sep="\n", file=sys.stderr)
    return bool(low)


if __name__ == "__main__":
    sys.exit(main())
