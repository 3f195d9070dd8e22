import pytest

from taskforge.core.errors import Fault, Invalid
from taskforge.handlers.registry import load


@pytest.fixture(scope="module")
def registry():
    return load()


async def test_what_fits_data_processing_is_run_as_that(ctx, registry):
    payload = {"dataset": {"inline": [{"n": 1}, {"n": 2}]}, "operation": "profile"}
    normalised, ask = registry.check_payload("custom", payload)

    result = await registry.get("custom").run(ask, ctx)

    assert normalised["rows"] == 10_000
    assert result["operation"] == "profile"
    assert result["rows_out"] == 2


def test_what_does_not_fit_is_refused_with_all_that_is_missing(registry):
    with pytest.raises(Invalid) as caught:
        registry.check_payload("custom", {"anything": {"goes": True}})

    operations = (
        "'profile', 'clean', 'aggregate', 'filter', 'deduplicate', 'outliers', 'timeseries',"
        " 'correlate', 'pivot', 'sample', 'validate', 'sql', 'export'"
    )
    assert caught.value.faults == (
        Fault("/payload/operation", f"`operation` is missing; it is one of {operations}"),
        Fault("/payload/dataset", "`dataset` is missing"),
        Fault("/payload/anything", "`anything` is not a field of it"),
    )
    assert "`dataset` is missing" in caught.value.detail


def test_what_an_operation_needs_is_missing_once_it_is_named(registry):
    with pytest.raises(Invalid) as caught:
        registry.check_payload("custom", {"dataset": "sensors", "operation": "sql"})

    assert caught.value.faults == (Fault("/payload/params", "`params` is missing"),)


def test_an_operation_that_there_is_not_is_refused_with_those_there_are(registry):
    with pytest.raises(Invalid, match="`operation` is one of 'profile', 'clean'") as caught:
        registry.check_payload("custom", {"dataset": "sensors", "operation": "dance"})

    assert [fault.pointer for fault in caught.value.faults] == ["/payload/operation"]
