"""Write services/NAME/openapi.json from the code: `make openapi`."""

import importlib
import json
from pathlib import Path

SERVICES = Path(__file__).parents[1] / "services"


def document(name: str) -> str:
    """The OpenAPI document of a service as its file has it."""
    settings = importlib.import_module(f"{name}.settings").Settings()
    app = importlib.import_module(f"{name}.app").create_app(settings)
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for folder in sorted(path.parent for path in SERVICES.glob("*/pyproject.toml")):
        (folder / "openapi.json").write_text(document(folder.name))
        print(f"services/{folder.name}/openapi.json")
