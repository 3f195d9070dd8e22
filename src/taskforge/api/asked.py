"""What is asked beside the body: the names in the query.

Set as `before_request` of the API: after the guards, before any parameter is read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from litestar import Litestar, Request
from litestar.routes import HTTPRoute

from taskforge.core.errors import Fault, Invalid

MAX_FAULTS = 10
"""Of one query that are told."""
LONGEST_NAME = 64
"""Characters of a name that is compared with ours, or shown."""
_NAMES = "query_names"


def learn_queries(app: Litestar) -> None:
    """Note at each handler which names its query may have, and which of them more than once."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, model in route.route_handler_map.values():
                lists = model.sequence_query_parameter_names
                names = [it.field_alias for it in model.expected_query_params]
                handler.opt[_NAMES] = {name: name in lists for name in names}


async def look(request: Request[Any, Any, Any]) -> None:
    """Refuse a query that says what we would not read.

    Raises:
        Invalid: an unknown name, or one value too many: `?statuss=failed` must not list all jobs.
    """
    if request.scope["query_string"]:
        known: Mapping[str, bool] = request.route_handler.opt[_NAMES]
        given = Counter(name for name, _ in request.query_params.items())
        faults = list(islice(_faults(known, given), MAX_FAULTS))
        if faults:
            named = ", ".join(fault.parameter or "" for fault in faults)
            raise Invalid(f"Not acceptable: {named}.", code="invalid_parameter", faults=faults)


def _faults(known: Mapping[str, bool], given: Mapping[str, int]) -> Iterable[Fault]:
    for name, times in given.items():
        shown = name[:LONGEST_NAME]
        if name not in known:
            near = get_close_matches(shown, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield Fault("", f"there is no such parameter{hint}", parameter=shown)
        elif times > 1 and not known[name]:
            yield Fault("", f"stands {times} times, and may stand once", parameter=shown)
