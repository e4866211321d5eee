"""Write services/NAME/openapi.json from the code: `make openapi`."""

import importlib
import json
import sys

from dev.workspace import ROOT, Service, service, services


def document(each: Service) -> str:
    """The OpenAPI document of a service as its file has it."""
    app = importlib.import_module(f"{each.module}.app").create_app(each.settings())
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for each in [service(name) for name in sys.argv[1:]] or services():
        path = each.folder / "openapi.json"
        path.write_text(document(each), encoding="utf-8")
        print(path.relative_to(ROOT))
