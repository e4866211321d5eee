"""`python -m contracts services/NAME...`: write each service's contracts from its contracts/uses.toml."""

import json
import sys
import tomllib
from pathlib import Path

from .cut import cut
from .errors import ContractError


def write(service: Path) -> list[Path]:
    """Cut what `service` uses out of the documents beside it, and give back the files written. Raises ContractError."""
    uses = service / "contracts" / "uses.toml"
    try:
        wanted = tomllib.loads(uses.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"{uses}: {error.strerror}; docs/contracts.md says what to write there") from None
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{uses}: {error}") from None
    contracts = {
        provider: cut(provider, _document(service, provider, uses), calls) for provider, calls in wanted.items()
    }
    written = []
    for provider, contract in contracts.items():
        path = uses.with_name(f"{provider}.json")
        path.write_text(json.dumps(contract, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    for path in {*uses.parent.glob("*.json")} - {*written}:
        path.unlink()  # of a provider that is used no longer
    return written


def _document(service: Path, provider: str, uses: Path) -> dict[str, object]:
    path = service.parent / provider / "openapi.json"
    try:
        document: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"{uses}: [[{provider}]]: {path}: {error.strerror}") from None
    return document


def main() -> None:
    """Of the services named, or of every one that has a uses.toml."""
    folders = [Path(argument) for argument in sys.argv[1:]]
    try:
        for folder in folders or sorted(path.parents[1] for path in Path("services").glob("*/contracts/uses.toml")):
            for path in write(folder):
                print(path)  # noqa: T201
    except ContractError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
