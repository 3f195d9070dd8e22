"""Request bodies: read strictly, then turned into the type that the handler names (S-46).

Set as the `dto` of the whole application, so every handler with a `data` parameter gets it.
"""

from collections.abc import Generator
from typing import Any, cast

from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from taskforge.api.clients import header
from taskforge.core import jsonguard
from taskforge.core.errors import Unsupported


class StrictBody(AbstractDTO[Any]):
    """Decodes `application/json`, UTF-8, by `core/jsonguard.py`, without any coercion.

    A handler's `opt={"nodes": n}` sets how many values its body may have.
    """

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's type.

        Raises:
            Unsupported: the content type is another, or it is packed.
            Malformed: it is not JSON.
            Invalid: it does not fit, or is beyond a limit.
        """
        connection = cast("Any", self.asgi_connection)  # pyright: ignore[reportUnknownMemberType]
        _check_content(connection.scope)
        handler = connection.route_handler
        decoded = jsonguard.decode(value, nodes=handler.opt.get("nodes", jsonguard.MAX_NODES))
        return jsonguard.convert(decoded, handler.parsed_data_field.annotation)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to prepare: the handler's own type is used as it is."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        """The schema of the handler's own type."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Never: responses are encoded as they are."""
        return False

    @classmethod
    def generate_field_definitions(
        cls, model_type: type[Any]
    ) -> Generator[DTOFieldDefinition, None, None]:
        """None: no transfer model is made."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Never: no transfer model is made."""
        return False


def _check_content(scope: Any) -> None:
    if (header(scope, b"content-encoding") or "identity").lower() != "identity":
        raise Unsupported("Send the body without a Content-Encoding.")
    content_type = (header(scope, b"content-type") or "").lower()
    media_type, _, parameters = content_type.partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if media_type.strip() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Unsupported("The body must be application/json in UTF-8.")
