"""What is asked beside the body: the names in the query.

Set as `before_request` of the API: after the guards, before any parameter is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from litestar import Litestar, Request
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from taskforge.core.errors import Fault, Invalid

MAX_FAULTS = 10
"""Of one query that are told."""
LONGEST_NAME = 64
"""Characters of a name that is compared with ours, or shown."""
_NAMES = "query_names"


class _Expected(NamedTuple):
    """What we would read of a name."""

    many: bool
    """Whether it may stand more than once."""
    may_be_null: bool
    """Whether the word `null` would be taken for nothing given, and so list everything."""


def learn_queries(app: Litestar) -> None:
    """Note at each handler which names its query may have, and which of them more than once."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, model in route.route_handler_map.values():
                lists = model.sequence_query_parameter_names
                fields = dict(handler.parsed_fn_signature.parameters)
                for provided in handler.resolve_dependencies().values():
                    fields |= provided.parsed_fn_signature.parameters
                handler.opt[_NAMES] = {
                    it.field_alias: _Expected(
                        it.field_alias in lists, _may_be_null(fields[it.field_name])
                    )
                    for it in model.expected_query_params
                }


async def look(request: Request[Any, Any, Any]) -> None:
    """Refuse a query that says what we would not read.

    Raises:
        Invalid: an unknown name, or one value too many: `?statuss=failed` must not list all jobs.
    """
    if request.scope["query_string"]:
        known: Mapping[str, _Expected] = request.route_handler.opt[_NAMES]
        faults = list(islice(_faults(known, request.query_params.dict()), MAX_FAULTS))
        if faults:
            named = ", ".join(fault.parameter or "" for fault in faults)
            raise Invalid(f"Not acceptable: {named}.", code="invalid_parameter", faults=faults)


def _may_be_null(field: FieldDefinition) -> bool:
    return field.is_optional and all(it.annotation is not str for it in field.inner_types)


def _faults(known: Mapping[str, _Expected], given: Mapping[str, Sequence[str]]) -> Iterable[Fault]:
    for name, values in given.items():
        shown = name[:LONGEST_NAME]
        if name not in known:
            near = get_close_matches(shown, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield Fault("", f"there is no such parameter{hint}", parameter=shown)
        elif len(values) > 1 and not known[name].many:
            yield Fault("", f"stands {len(values)} times, and may stand once", parameter=shown)
        elif known[name].may_be_null and values[0].lower() == "null":
            yield Fault("", "is no value; leave the parameter out", parameter=shown)
