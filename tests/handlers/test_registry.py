import asyncio
import sys
import textwrap
from asyncio.subprocess import PIPE

import msgspec
import pytest

from taskforge.core.errors import Invalid
from taskforge.handlers.registry import load

GOOD = """
    from taskforge.handlers.base import Payload, job_type

    class {cls}(Payload, frozen=True):
        text: str
        times: int = 1

    @job_type("{name}", {cls}, title="{cls}", examples=[{{"text": "hello"}}], timeout_seconds=5)
    async def {name}(ask, ctx):
        '''Say it loud.'''
        return ask.text.upper() * ask.times
"""


def good(name):
    return textwrap.dedent(GOOD).format(name=name, cls=name.title())


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    """Writes modules that can be imported, and forgets them afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(path, source):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def reasons(registry):
    return {(item.source, item.name): item.reason for item in registry.unavailable}


def test_the_built_in_types_are_found():
    registry = load()

    assert {"data_processing", "custom"} <= set(registry.types)
    assert registry.unavailable == ()


async def test_finding_them_loads_nothing_heavy():
    code = (
        "import sys; from taskforge.handlers.registry import load; load();"
        "print([m for m in ('duckdb', 'sqlalchemy', 'litestar', 'redis') if m in sys.modules])"
    )

    found = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE)

    assert await found.communicate() == (b"[]\n", None)


def test_a_module_of_the_settings_is_searched(plug_in):
    plug_in("loud.py", good("shout"))

    registry = load(["loud"])

    normalised, ask = registry.check_payload("shout", {"text": "hi"})
    assert normalised == {"text": "hi", "times": 1}
    assert msgspec.structs.asdict(ask) == normalised


def test_every_module_directly_inside_a_package_is_searched(plug_in):
    plug_in("many/__init__.py", "")
    plug_in("many/first.py", good("one"))
    plug_in("many/second.py", good("two"))
    plug_in("many/_private.py", good("three"))
    plug_in("many/broken.py", "1 / 0")

    registry = load(["many"])

    assert {"one", "two"} <= set(registry.types)
    assert "three" not in registry.types
    assert reasons(registry) == {("many.broken", None): "ZeroDivisionError: division by zero"}


@pytest.mark.parametrize("value", ["far.away", "far.away:whisper"])
def test_a_plug_in_is_found_by_its_entry_point(plug_in, value):
    plug_in("far/away.py", good("whisper"))
    plug_in("far-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: far\nVersion: 1.0\n")
    plug_in("far-1.0.dist-info/entry_points.txt", f"[taskforge.job_types]\nfar = {value}\n")

    registry = load()

    assert "whisper" in registry.types
    assert registry.unavailable == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = 1", "declares no job type"),
        (good("shout").replace('"shout"', '"Not A Name"'), "use lower case"),
        (good("shout").replace('"hello"', "7"), "Expected `str`, got `int`"),
        (good("shout").replace("timeout_seconds", "time_out"), "unknown field `time_out`"),
        (good("shout").replace("=5", "='5'"), "Expected `int`, got `str` - at `$.timeout_seconds`"),
        ("import asyncio; raise asyncio.CancelledError", "CancelledError"),
    ],
)
def test_a_broken_plug_in_is_listed_and_stops_nothing(plug_in, source, reason):
    plug_in("broken.py", source)
    plug_in("fine.py", good("fine"))

    registry = load(["broken", "fine", "not there"])

    assert {"data_processing", "fine"} <= set(registry.types)
    assert reason in reasons(registry)["broken", None]
    assert "not there" in reasons(registry)["not there", None]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("async def", "def"), "not `async def`"),
        (("times: int", "times: object"), "it cannot be described"),
        (("timeout_seconds=5", "result=object"), "it cannot be described"),
    ],
)
def test_a_type_that_cannot_be_used_is_listed_by_name(plug_in, change, reason):
    plug_in("odd.py", good("odd").replace(*change) + good("even"))

    registry = load(["odd"])

    assert "odd" not in registry.types
    assert "even" in registry.types
    assert reason in reasons(registry)["odd", "odd"]


def test_a_name_that_is_taken_stays_with_its_owner(plug_in):
    plug_in("clash.py", good("data_processing"))

    registry = load(["clash"])

    owner = "taskforge.handlers.builtin.data_processing"
    assert registry.get("data_processing").run.__module__ == owner
    assert reasons(registry) == {("clash", "data_processing"): f"the name is taken by {owner}"}


def test_a_type_imported_into_another_module_does_not_clash(plug_in):
    plug_in("mine.py", good("mine"))
    plug_in("again.py", "from mine import mine")

    assert load(["mine", "again", "mine"]).unavailable == ()


def test_an_unknown_type_is_refused_with_a_suggestion():
    with pytest.raises(Invalid, match="did you mean 'data_processing'") as caught:
        load().get("data_procesing")

    assert caught.value.code == "unknown_job_type"
    assert [fault.pointer for fault in caught.value.faults] == ["/type"]


def test_a_type_that_cannot_be_used_says_so_when_it_is_asked_for(plug_in):
    plug_in("odd.py", good("odd").replace("async def", "def"))

    with pytest.raises(Invalid, match="'odd' cannot be used here: its function is not") as caught:
        load(["odd"]).get("odd")

    assert caught.value.code == "job_type_unavailable"


def test_an_unknown_type_may_be_one_of_a_plug_in_that_did_not_load(plug_in):
    plug_in("broken.py", "1 / 0")

    with pytest.raises(Invalid, match=r"could not be loaded: broken\.$"):
        load(["broken"]).get("whatever")


def test_an_unknown_type_that_is_like_none_gets_the_list():
    with pytest.raises(Invalid, match=r"there are .*custom, data_processing"):
        load().get("zzz\0")


def test_a_payload_nested_without_end_is_refused():
    rows = []
    rows.append({"a": rows})

    with pytest.raises(Invalid):
        load().check_payload("data_processing", {"dataset": rows, "operation": "profile"})


@pytest.mark.parametrize("field", ["a/b", "~", "'; --", "\0", "`$.x`", "ü"])
def test_any_name_of_an_unknown_field_makes_a_pointer(field):
    payload = {"dataset": "sales_q1", "operation": "profile", "output": {field: 1}}

    with pytest.raises(Invalid) as caught:
        load().check_payload("data_processing", payload)

    escaped = field.replace("~", "~0").replace("/", "~1")
    assert caught.value.faults[0].pointer == f"/payload/output/{escaped}"
