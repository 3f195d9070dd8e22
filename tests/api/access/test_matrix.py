"""Who may do what: every route, asked by everybody, for their own, for others', for nothing (T-60).

`matrix.txt` says what each is answered, a line for every route and actor. After a change that is
meant, `TASKFORGE_WRITE_MATRIX=1 pytest tests/api/access/test_matrix.py` writes it anew: read its
diff as what it is, a change of who may do what.
"""

import os
from pathlib import Path

from litestar.handlers.base import BaseRouteHandler

from taskforge.api.auth import handlers_of
from tests.api.access.calls import WORDS, Caller, is_success
from tests.api.access.world import ACCOUNTS, ACTORS, World

MATRIX = Path(__file__).with_name("matrix.txt")
HEAD = """\
# route | actor | answer, or answers for one's own, somebody else's and a missing thing
# Written by tests/api/access/test_matrix.py, which says how.
"""


async def test_everybody_may_do_what_the_matrix_says_and_nothing_else(world):
    caller = Caller(world)
    lines = [
        f"{route} | {actor} | {await _asked(world, caller, route, handler, actor)}"
        for route, handler in sorted(handlers_of(world.app), key=lambda it: it[0].split()[::-1])
        for actor in ACTORS
    ]
    if os.environ.get("TASKFORGE_WRITE_MATRIX"):
        MATRIX.write_text(HEAD + "\n".join(lines) + "\n")
    expected = [line for line in MATRIX.read_text().splitlines() if not line.startswith("#")]

    assert _differences(expected, lines) == []


async def _asked(
    world: World, caller: Caller, route: str, handler: BaseRouteHandler, name: str
) -> str:
    async def ask(whose: str | None) -> str:
        actor = world.actors[name]
        owner = {"own": actor.account, "other": world.people["other"]}.get(whose or "")
        words = await caller.call(route, handler, actor, owner)
        if route.endswith("/logout") and is_success(words) and name in ACCOUNTS:
            await world.renew(name)
        return words

    if "{" not in route:
        return await ask("own")
    own, missing = await ask("own"), await ask(None)
    foreign = own if route in WORDS else await ask("other")
    if own == foreign == missing:
        return own
    return f"own {own} | foreign {foreign} | missing {missing}"


def _differences(expected: list[str], found: list[str]) -> list[str]:
    """Which lines are not as expected; a new route is one that was not."""
    return [
        *(f"expected: {line}" for line in expected if line not in set(found)),
        *(f"found: {line}" for line in found if line not in set(expected)),
    ]
