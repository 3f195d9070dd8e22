"""The description itself, without servers: it is made of the code alone."""

import json

import jsonschema_rs
import pytest

from taskforge.api.app import create_app
from taskforge.api.main import description
from taskforge.api.openapi.document import describe
from taskforge.config import Settings


@pytest.fixture(scope="session")
def document():
    """With the built-in job types alone."""
    return json.loads(description(Settings(), built_in=True))


@pytest.fixture(scope="session")
def described():
    """Makes the description for any job types."""
    app = create_app(Settings())
    return lambda types: describe(app, types)


def faults(document, schema, value):
    """What a schema of the document has against a value; formats count."""
    whole = {"components": document["components"], **schema}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def operations(document):
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
