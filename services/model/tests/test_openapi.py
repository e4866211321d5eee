import json
from pathlib import Path

import schemathesis
from hypothesis import settings
from model.app import create_app
from model.settings import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
MODEL = "joke-language"
DOCUMENT = Path(__file__).parents[1] / "openapi.json"

app = create_app(Settings())
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True)
def test_answers_conform_to_the_document(case: schemathesis.Case) -> None:
    if case.path_parameters.get("name") != MODEL:  # Hypothesis draws it at times: it is a constant of the code
        case.call_and_validate()
    if "name" in case.path_parameters:  # or else most of them would only find that there is no such model
        case.path_parameters["name"] = MODEL
        case.call_and_validate(checks=CHECKS)  # not that all is accepted: a schema cannot say that shapes fit


def test_the_document_in_the_repository_is_the_one_served() -> None:
    document = json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    assert DOCUMENT.read_text(encoding="utf-8") == document, "make openapi rewrites it"


def test_a_refused_encoding_is_in_the_document() -> None:
    for path, operations in app.openapi()["paths"].items():
        for operation in operations.values():
            assert ("415" in operation["responses"]) == path.endswith("/infer"), path
