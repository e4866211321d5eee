"""A small API, a contract of it, and changes: what breaks the consumer is named, what only adds passes."""

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
from contracts import ContractError, breaks, broken, cut, stand_in
from contracts.__main__ import write
from contracts.compare import read

USES = [
    {"call": "GET /items/{id}", "query": ["unit"], "reads": ["name", "size", "tags[].label", "owner.mail"]},
    {"call": "POST /orders", "sends": ["item", "count", "note?", "sizes?", "marks?"], "reads": ["number"]},
    {"call": "GET /shelves/{number}"},
]
SERVICES = Path(__file__).parents[3] / "services"


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


TEXT = {"type": "string"}


@pytest.fixture
def document() -> dict[str, Any]:
    order = schema(item={"type": "string", "maxLength": 64}, count={"type": "integer"}, note=TEXT)
    order["properties"] |= {
        "sizes": {"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "uniqueItems": True},
        "marks": {"type": "array", "items": {"type": "integer"}},
    }
    order["required"] = ["item"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "shop", "version": "2.1.0"},
        "paths": {
            "/items/{id}": {
                "get": {
                    "parameters": [
                        {"in": "path", "name": "id", "required": True, "schema": TEXT},
                        {"in": "query", "name": "unit", "required": False, "schema": {"enum": ["cm", "inch", "foot"]}},
                    ],
                    "security": [{"key": []}, {"token": ["read"]}],
                    "responses": answer({"$ref": "#/components/schemas/Item"}),
                }
            },
            "/orders": {
                "post": {
                    "requestBody": {"required": True, "content": {"application/json": {"schema": order}}},
                    "responses": answer(schema(number={"type": "integer"})),
                }
            },
            "/shelves/{number}": {
                "parameters": [{"in": "path", "name": "number", "required": True, "schema": {"type": "integer"}}],
                "get": {"security": [], "responses": answer({})},
            },
        },
        "components": {
            "schemas": {
                "Item": schema(
                    name={"type": "string", "maxLength": 10, "title": "Name"},
                    size={"enum": ["small", "large"]},
                    tags={"type": "array", "items": schema(label=TEXT, colour=TEXT)},
                    owner={"anyOf": [{"$ref": "#/components/schemas/Person"}, {"type": "null"}]},
                    price={"type": "number"},
                ),
                "Person": schema(mail=TEXT, boss={"$ref": "#/components/schemas/Person"}),
            }
        },
    }


@pytest.fixture
def contract(document: dict[str, Any]) -> dict[str, Any]:
    return cut("shop", document, USES)


ITEM = "components/schemas/Item"
ORDER = "paths//orders/post/requestBody/content/application~json/schema"
PARAMETERS = "paths//items~{id}/get/parameters"
UNIT = f"{PARAMETERS}/1"
SHELF = "paths//shelves~{number}/parameters/0/schema"


def change(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy with one place set; None takes it away. `~` stands for a slash within a key, `//` begins one."""
    changed = copy.deepcopy(document)
    at: Any = changed
    *above, last = [key.replace("~", "/") for key in place.replace("//", "/~").split("/")]
    for key in above:
        at = at[int(key) if isinstance(at, list) else key]
    last = int(last) if isinstance(at, list) else last
    if value is None:
        del at[last]
    elif isinstance(value, list) and isinstance(at, dict) and isinstance(at.get(last), list) and "+" in value:
        at[last] = at[last] + [each for each in value if each != "+"]
    else:
        at[last] = value
    return changed


BREAKING = {
    "a field is removed": (f"{ITEM}/properties/name", None, "GET /items/{id}: answer.name is gone"),
    "a field gets another type": (
        f"{ITEM}/properties/name",
        {"type": "integer"},
        "GET /items/{id}: answer.name type: integer now, string before",
    ),
    "a field may be null": (
        f"{ITEM}/properties/name",
        {"anyOf": [TEXT, {"type": "null"}]},
        "GET /items/{id}: answer.name type: null now, string before",
    ),
    "a field may be missing": (
        f"{ITEM}/required",
        ["size", "tags", "owner"],
        "GET /items/{id}: answer.name may be missing",
    ),
    "an answer has a new value": (
        f"{ITEM}/properties/size",
        {"enum": ["small", "large", "huge"]},
        "GET /items/{id}: answer.size may be 'huge'",
    ),
    "an answer may be any text": (
        f"{ITEM}/properties/size",
        TEXT,
        "GET /items/{id}: answer.size values: any value now, ['small', 'large'] before",
    ),
    "a field deep inside is removed": (
        f"{ITEM}/properties/tags/items/properties/label",
        None,
        "GET /items/{id}: answer.tags[].label is gone",
    ),
    "a field behind a reference is removed": (
        "components/schemas/Person/properties/mail",
        None,
        "GET /items/{id}: answer.owner.mail is gone",
    ),
    "an enumeration of inputs is narrowed": (
        f"{UNIT}/schema/enum",
        ["cm"],
        "GET /items/{id}: query.unit may no longer be 'inch', 'foot'",
    ),
    "a parameter is removed": (UNIT, None, "GET /items/{id}: query.unit is gone"),
    "a new parameter is required": (
        "paths//items~{id}/get/parameters",
        ["+", {"in": "query", "name": "shop", "required": True, "schema": TEXT}],
        "GET /items/{id}: query.shop is required",
    ),
    "a new input is required": (f"{ORDER}/required", ["item", "price"], "POST /orders: body.price is required"),
    "an input that is not always sent is required": (
        f"{ORDER}/required",
        ["item", "note"],
        "POST /orders: body.note is required",
    ),
    "an input is removed": (f"{ORDER}/properties/count", None, "POST /orders: body.count is gone"),
    "an input gets another type": (
        f"{ORDER}/properties/count",
        TEXT,
        "POST /orders: body.count type: string now, integer before",
    ),
    "an input may be less": (
        f"{ORDER}/properties/item/maxLength",
        32,
        "POST /orders: body.item maxLength: 32 now, 64 before",
    ),
    "an input comes in steps": (
        f"{ORDER}/properties/marks/items/multipleOf",
        2,
        "POST /orders: body.marks[] multipleOf: 2 now, none before",
    ),
    "an input comes in other steps": (
        f"{ORDER}/properties/sizes/items/multipleOf",
        0.75,
        "POST /orders: body.sizes[] multipleOf: 0.75 now, 0.5 before",
    ),
    "an input may not repeat itself": (
        f"{ORDER}/properties/marks/uniqueItems",
        True,
        "POST /orders: body.marks uniqueItems: True now, none before",
    ),
    "a parameter of the path gets another type": (
        f"{PARAMETERS}/0/schema",
        {"type": "integer"},
        "GET /items/{id}: path.id type: integer now, string before",
    ),
    "a parameter of the path is narrower": (
        f"{SHELF}/minimum",
        1,
        "GET /shelves/{number}: path.number minimum: 1 now, none before",
    ),
    "a new cookie is required": (
        PARAMETERS,
        ["+", {"in": "cookie", "name": "visit", "required": True, "schema": TEXT}],
        "GET /items/{id}: cookie.visit is required",
    ),
    "an operation asks who calls": (
        "paths//orders/post/security",
        [{"key": [], "token": ["write"]}],
        "POST /orders: the endpoint asks for key and token(write) now, for nothing before",
    ),
    "all operations that do not say otherwise ask who calls": (
        "security",
        [{"key": []}],
        "POST /orders: the endpoint asks for key now, for nothing before",
    ),
    "a caller needs another scope": (
        "paths//items~{id}/get/security/1",
        {"token": ["read", "write"]},
        "GET /items/{id}: the endpoint asks for key or token(read, write) now, for key or token(read) before",
    ),
    "a way to say who calls is gone": (
        "paths//items~{id}/get/security/1",
        None,
        "GET /items/{id}: the endpoint asks for key now, for key or token(read) before",
    ),
    "JSON is no longer taken": (
        "paths//orders/post/requestBody/content",
        {"text/plain": {}},
        "POST /orders: body is no longer taken as JSON",
    ),
    "the success has another status": (
        "paths//orders/post/responses",
        {"201": {"description": ""}},
        "POST /orders: status 200 is gone, there is 201",
    ),
    "the endpoint moves": ("paths//orders", None, "POST /orders: the endpoint is gone"),
    "another method": ("paths//orders", {"put": {}}, "POST /orders: the endpoint is gone"),
}

ADDITIVE = {
    "a new field": (f"{ITEM}/properties/weight", {"type": "number"}),
    "a field that nobody reads is removed": (f"{ITEM}/properties/price", None),
    "a field is longer": (f"{ITEM}/properties/name/maxLength", 1000),
    "a new optional input": (f"{ORDER}/properties/gift", {"type": "boolean"}),
    "an input may be more": (f"{ORDER}/properties/item/maxLength", 128),
    "an integer may be a number": (f"{ORDER}/properties/count/type", "number"),
    "a new value of an input": (f"{UNIT}/schema/enum", ["cm", "inch", "foot", "yard"]),
    "a parameter that is always sent is required": (f"{UNIT}/required", True),
    "a new optional parameter": (
        "paths//items~{id}/get/parameters",
        ["+", {"in": "query", "name": "shop", "required": False, "schema": TEXT}],
    ),
    "an input no longer comes in steps": (f"{ORDER}/properties/sizes/items/multipleOf", None),
    "an input comes in smaller steps": (f"{ORDER}/properties/sizes/items/multipleOf", 0.1),
    "an input may repeat itself": (f"{ORDER}/properties/sizes/uniqueItems", None),
    "a parameter of the path may be any number": (f"{SHELF}/type", "number"),
    "a parameter of the path may be any text": (f"{SHELF}/type", "string"),
    "a new optional cookie": (
        PARAMETERS,
        ["+", {"in": "cookie", "name": "visit", "required": False, "schema": TEXT}],
    ),
    "nobody asks who calls": ("paths//items~{id}/get/security", []),
    "a caller needs fewer scopes": ("paths//items~{id}/get/security/1", {"token": []}),
    "a caller may say who it is": ("paths//orders/post/security", [{}, {"key": []}]),
    "a new endpoint": ("paths//more", {"get": {}}),
    "other words": (f"{ITEM}/properties/name/title", "What it is called"),
    "an answer that is never null": (f"{ITEM}/properties/owner", {"$ref": "#/components/schemas/Person"}),
}


def test_what_is_unchanged_passes(document: dict[str, Any], contract: dict[str, Any]) -> None:
    assert breaks(document, contract) == []


@pytest.mark.parametrize("case", BREAKING)
def test_a_break_names_endpoint_and_field(document: dict[str, Any], contract: dict[str, Any], case: str) -> None:
    place, value, line = BREAKING[case]
    assert breaks(change(document, place, value), contract) == [line]


@pytest.mark.parametrize("case", ADDITIVE)
def test_what_only_adds_passes(document: dict[str, Any], contract: dict[str, Any], case: str) -> None:
    assert breaks(change(document, *ADDITIVE[case]), contract) == []


def test_a_parameter_of_the_path_may_be_called_otherwise(document: dict[str, Any], contract: dict[str, Any]) -> None:
    operation = document["paths"].pop("/items/{id}")["get"]
    document["paths"]["/items/{item}"] = {"get": operation}
    operation["parameters"][0]["name"] = "item"
    assert breaks(document, contract) == []
    operation["parameters"][0]["schema"] = {"type": "integer"}
    assert breaks(document, contract) == ["GET /items/{id}: path.item type: integer now, string before"]


@pytest.mark.parametrize(
    ("value", "taken", "admitted"),
    [
        ("blue", {"type": "string", "maxLength": 4}, True),
        ("blue", {"type": "string", "maxLength": 3}, False),
        ("blue", {"type": "string", "format": "uuid"}, False),
        ("blue", {"type": "integer"}, False),
        ("blue", {"$ref": "#/components/schemas/Colour"}, False),
        ("red", {"$ref": "#/components/schemas/Colour"}, True),
        ("7", {"type": "string"}, True),
        ("7", {"type": "integer"}, True),
        ("7", {"type": "integer", "maximum": 6}, False),
    ],
)
def test_a_value_in_the_path_must_still_be_taken(
    document: dict[str, Any], value: str, taken: dict[str, Any], admitted: bool
) -> None:
    contract = cut("shop", document, [{"call": f"GET /items/{value}"}])
    document["components"]["schemas"]["Colour"] = {"enum": ["red", "green"]}
    document = change(document, f"{PARAMETERS}/0/schema", taken)
    line = f"GET /items/{value}: path.id no longer takes {value!r}"
    assert breaks(document, contract) == ([] if admitted else [line])


def test_a_contract_has_what_is_used_and_no_more(contract: dict[str, Any]) -> None:
    read = contract["paths"]["/items/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert [*read["properties"]] == ["name", "size", "tags", "owner"]
    assert read["properties"]["name"] == TEXT
    sent = contract["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent["required"] == ["item", "count"]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ({"call": "GET /order"}, "shop has no 'GET /order'"),
        ({"call": "GET /items/1", "reads": ["colour"]}, "shop, GET /items/1 does not promise answer.colour"),
        ({"call": "GET /items/1", "reads": ["tags[].size"]}, "does not promise answer.tags[].size"),
        ({"call": "GET /items/1", "reads": ["owner.phone"]}, "answer.owner has no phone"),
        ({"call": "GET /items/1", "reads": ["owner"]}, "answer.owner.boss has itself in it"),
        ({"call": "GET /items/1", "query": ["colour"]}, "takes no query parameter 'colour'"),
        ({"call": "POST /orders", "sends": ["colour?"]}, "does not take body.colour"),
        ({"call": "GET /items/1", "sends": ["id"]}, "takes no JSON"),
        ({"call": "GET /items/1", "read": ["id"]}, "there is no key 'read'"),
    ],
)
def test_a_use_of_what_is_not_there_is_refused(document: dict[str, Any], use: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError) as refused:
        cut("shop", document, [use])
    assert message in str(refused.value)


USES_FILE, PINNED = "services/till/contracts/uses.toml", "services/till/contracts/shop.json"


@pytest.fixture
def repository(tmp_path: Path, document: dict[str, Any]) -> Path:
    for path in (USES_FILE, "services/shop/openapi.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "services/shop/openapi.json").write_text(json.dumps(document))
    (tmp_path / USES_FILE).write_text('[[shop]]\ncall = "GET /items/{id}"\nreads = ["name"]\n')
    return tmp_path


def test_a_break_names_the_consumer(repository: Path, document: dict[str, Any]) -> None:
    assert write(repository / "services/till") == [repository / PINNED]
    assert broken("shop", document, repository / "services") == []
    changed = change(document, f"{ITEM}/properties/name", None)
    assert broken("shop", changed, repository / "services") == ["till uses GET /items/{id}: answer.name is gone"]
    assert broken("another", changed, repository / "services") == []


def test_a_provider_that_is_used_no_longer_loses_its_contract(repository: Path) -> None:
    write(repository / "services/till")
    (repository / USES_FILE).write_text("")
    write(repository / "services/till")
    assert not (repository / PINNED).exists()


@pytest.mark.parametrize("uses", sorted(SERVICES.glob("*/contracts/uses.toml")), ids=lambda path: path.parts[-3])
def test_a_contract_has_what_uses_toml_names(uses: Path) -> None:
    """Cut out of the contract itself: what a provider adds meanwhile makes none stale."""
    pinned = {path.stem: read(path) for path in uses.parent.glob("*.json")}
    wanted = tomllib.loads(uses.read_text("utf-8"))
    rewrite = f"make contracts S={uses.parts[-3]}"
    assert {*pinned} == {*wanted}, rewrite
    for provider, calls in wanted.items():
        try:
            assert cut(provider, pinned[provider], calls) == pinned[provider], rewrite
        except ContractError as error:
            pytest.fail(f"{provider}.json: {error}: {rewrite}")


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[]"])
def test_a_contract_that_is_none_is_refused(repository: Path, document: dict[str, Any], text: str) -> None:
    (repository / PINNED).write_text(text)
    with pytest.raises(ContractError, match=r"shop\.json"):
        broken("shop", document, repository / "services")


ITEM_OF_TODAY = {"name": "a", "size": "small", "tags": [{"label": "b", "colour": "c"}], "owner": None, "price": 1}


@pytest.fixture
def shop(tmp_path: Path, contract: dict[str, Any]) -> httpx.Client:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(contract))

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/items/bad":
            return httpx.Response(200, json=ITEM_OF_TODAY | {"name": 1})
        if request.url.path == "/items/none":
            return httpx.Response(404, json={"error": "none"})
        return httpx.Response(200, json=ITEM_OF_TODAY if request.method == "GET" else {"number": 7, "price": 1})

    return httpx.Client(base_url="http://shop", transport=stand_in(path, respond))


def test_a_consumer_sees_only_what_it_pinned(shop: httpx.Client) -> None:
    assert shop.get("/items/7").json() == {"name": "a", "size": "small", "tags": [{"label": "b"}], "owner": None}
    assert shop.post("/orders", json={"item": "a", "count": 1}).json() == {"number": 7}
    assert shop.get("/items/none").json() == {"error": "none"}


@pytest.mark.parametrize(
    ("method", "url", "body", "message"),
    [
        ("GET", "/item", None, "GET /item is not in shop.json"),
        ("GET", "/items/7?colour=red", None, "query.colour is not in shop.json"),
        ("GET", "/items/7", {"a": 1}, "sends a body"),
        ("POST", "/orders", {"item": "a", "count": 1, "gift": True}, "sends more than is in shop.json"),
        ("POST", "/orders", {"item": "a"}, "'count' is a required property"),
        ("GET", "/items/bad", None, "1 is not of type 'string'"),
    ],
)
def test_a_consumer_that_strays_from_its_contract_fails(
    shop: httpx.Client, method: str, url: str, body: Any, message: str
) -> None:
    with pytest.raises(Exception, match=r".") as failed:
        shop.request(method, url, json=body)
    assert message in str(failed.value)
