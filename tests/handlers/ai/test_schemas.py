import pytest

from taskforge.handlers.ai.schemas import check_schema, faults_of

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": ["integer", "null"], "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3},
        "more": {"anyOf": [{"const": 1}, {"type": "boolean"}]},
    },
    "required": ["name"],
    "additionalProperties": False,
    "title": "Person",
    "description": "Somebody",
}


def nested(depth):
    schema = {"type": "string"}
    for _ in range(depth - 1):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize("schema", [PERSON, {}, {"enum": [1, "a", None]}, nested(8)])
def test_what_can_be_kept_is_taken(schema):
    check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "http://evil.example/s"}, "`$ref` is not supported"),
        ({"$ref": "#"}, "`$ref` is not supported"),
        ({"type": "string", "pattern": "^(a+)+$"}, "`pattern` is not supported"),
        ({"properties": {"x": {"format": "date"}}}, "`response_schema/properties/x`: `format`"),
        ({"allOf": [{}]}, "`allOf` is not supported"),
        ({"type": "text"}, "`type` must be"),
        ({"type": []}, "`type` must be"),
        ({"type": [["string"]] * 2}, "is not a JSON Schema|`type` must be"),
        ({"properties": []}, "`properties` must be"),
        ({"properties": {"x": 5}}, "is not an object"),
        ({"items": [{}]}, "`items` must be"),
        ({"anyOf": []}, "`anyOf` must be"),
        ({"anyOf": [True]}, "is not an object"),
        ({"enum": list(range(201))}, "`enum` must be"),
        ({"maxItems": 101}, "`maxItems` must be"),
        ({"maxItems": True}, "`maxItems` must be"),
        ({"maxLength": 10**30}, "`maxLength` must be"),
        ({"minimum": "1"}, "`minimum` must be"),
        ({"required": [1]}, "is not a JSON Schema"),
        ({"description": "x" * 20_000}, "16,384 bytes"),
        ({"properties": {str(n): {} for n in range(200)}}, "more than 200 parts"),
        (nested(9), "deeper than 8 levels"),
        (nested(400), "deeper than 8 levels"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(schema, said):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - looked at below
        check_schema(schema)

    assert any(part in str(refused.value) for part in said.split("|"))


def test_an_answer_is_checked_to_the_letter():
    assert faults_of({"name": "Olga", "age": None, "tags": ["a"], "more": True}, PERSON) == []

    faults = faults_of({"name": "x" * 21, "age": -1, "tags": ["c"], "odd": 1}, PERSON)

    assert len(faults) == 4
    assert any(fault.startswith("tags/0: ") for fault in faults)
    assert len(faults_of([1] * 50, {"items": {"type": "string"}})) == 5
