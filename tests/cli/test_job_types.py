"""`taskforge types`: the list, and one type with its payload."""

import json


def test_the_types_are_listed_with_their_limits(client):
    listed = client("types").stdout

    line = next(line for line in listed.splitlines() if line.split()[0] == "data_processing")
    assert line.split()[1:4] == ["normal", "10", "min"]
    assert "Profile, clean, query or export a table." in line


def test_one_type_is_shown_with_its_fields_and_examples(client):
    shown = client("types", "data_processing").stdout

    assert '"sales_q1"' in shown
    assert "or Source" in shown
    assert "The same seed makes the same generated rows." in shown
    assert '{"dataset":"sales_q1","operation":"aggregate","rows":50000}' in shown


def test_as_json_the_whole_schema_comes(client):
    listed = json.loads(client("types", "--json").stdout)["items"]
    one = json.loads(client("types", "data_processing", "--json").stdout)

    assert one in listed
    assert one["payload_schema"]["discriminator"]["propertyName"] == "operation"


def test_a_type_that_is_not_there_is_not_found(client):
    done = client("types", "data_procesing")

    assert done.exit_code == 3
    assert "did you mean 'data_processing'" in done.stderr


def test_a_name_that_needs_quoting_is_only_a_name(client):
    assert client("types", "../jobs?x=1").exit_code == 3
