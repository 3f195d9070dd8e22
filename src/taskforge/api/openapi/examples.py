"""Examples of answers, put together from one table of fields so that they agree with each other."""

from importlib.resources import files
from typing import Any, Final

import msgspec

from taskforge.api.openapi.schemas import Schema, Schemas, ref

_TABLE: Final[dict[str, dict[str, Any]]] = msgspec.json.decode(
    files("taskforge.api.openapi").joinpath("examples.json").read_bytes()
)
"""By component the values of its fields; under "" those of fields that mean the same everywhere."""
_BY_FORMAT: Final = {
    "uuid": "019a2f6e-5c1d-7b43-9a57-3f0c8e6d2b14",
    "date-time": "2026-01-31T08:00:00Z",
    "binary": "",
}
_BY_TYPE: Final[dict[str, Any]] = {
    "string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None, "object": {},
}  # fmt: skip


class Examples:
    """Makes an example of anything that the components describe.

    Args:
        schemas: all of the components.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def words(self, schema: Schema) -> str:
        """The first paragraph of what a component is."""
        name = schema["$ref"].rpartition("/")[2]
        return str(self._schemas[name].get("description", "")).partition("\n\n")[0]

    def named(self, schema: Schema) -> Schema:
        """A reference to the component that has the same choice of words, if there is one."""
        words = set(schema.get("enum", ()))
        names = [name for name, it in self._schemas.items() if words == set(it.get("enum", ()))]
        return ref(min(names)) if words and names else schema

    def of(self, schema: Schema, owner: str = "") -> Any:
        """An example of a schema.

        Args:
            schema: a component's, or one inside it.
            owner: the component's name.
        """
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.of(self._schemas[name], name)
        for word in ("anyOf", "oneOf"):
            if word in schema:  # the first is what it is when it is not null
                return self.of(schema[word][0], owner)
        if "properties" in schema:
            return {
                field: self._field(owner, field, inner)
                for field, inner in schema["properties"].items()
            }
        if schema.get("type") == "array":
            return [self.of(schema["items"], owner)]
        known = [schema[word] for word in ("const", "default") if word in schema]
        known += [*schema.get("examples", ()), *schema.get("enum", ())]
        known += [_BY_FORMAT[form] for form in (schema.get("format"),) if form in _BY_FORMAT]
        return known[0] if known else _BY_TYPE[schema.get("type", "object")]

    def _field(self, owner: str, field: str, schema: Schema) -> Any:
        for table in (_TABLE.get(owner, {}), _TABLE[""]):
            if field in table and "const" not in schema:
                return table[field]
        return self.of(schema, owner)
