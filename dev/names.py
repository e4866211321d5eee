"""What a new service may be called."""

import importlib.util
import keyword
import re
import sys
import tomllib

from dev.workspace import ROOT

LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1035, section 2.3.1, as a Kubernetes Service must have it."""

RESERVED = {
    "alertmanager": "a host beside the services",
    "grafana": "a host beside the services",
    "kubernetes": "the API server's host",
    "localhost": "every machine's host",
    "prometheus": "a host beside the services",
    "service": "the name of the chart of all services",
}


def problem(name: str) -> str:
    """Why a service cannot be called so; empty if it can."""
    if not LABEL.fullmatch(name):
        return (
            "is not a DNS label: lower-case letters, digits and hyphens, first a letter, last no hyphen, "
            "at most 63 characters"
        )
    module = name.replace("-", "_")
    if keyword.iskeyword(module):
        return "is a keyword of Python"
    if name in RESERVED:
        return f"is reserved: {RESERVED[name]}"
    if module in sys.stdlib_module_names:
        return "is a module of Python's standard library"
    if (ROOT / "services" / name).exists():
        return f"is taken: services/{name} is there"
    packages = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    if name in {package["name"] for package in packages}:
        return "is taken: a package in uv.lock is called so"
    if importlib.util.find_spec(module):
        return f"is taken: `import {module}` is something else here"
    return ""
