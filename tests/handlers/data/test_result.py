import msgspec

from taskforge.handlers.data.result import MAX_BYTES


def size(result):
    return len(msgspec.json.encode(result))


def test_a_wide_preview_is_cut_to_fit_with_a_warning(work):
    rows = [{f"c{n}": "x" * 100 for n in range(30)}] * 200

    result = work("filter", {"inline": rows}, output={"preview_rows": 200})

    assert size(result) <= MAX_BYTES
    assert 0 < len(result["preview"]["rows"]) < 200
    assert any("in place of 200" in warning for warning in result["warnings"])
    assert result["rows_out"] == 200


def test_detail_goes_before_columns_do(work):
    rows = [{f"c{n}": f"{k}" * 300 for n in range(150)} for k in range(5)]

    result = work.inline("profile", rows)

    assert size(result) <= MAX_BYTES
    assert len(result["schema"]) == 150
    assert "top" not in result["schema"][0]
    assert result["schema"][149]["max"] == "4" * 300


def test_columns_are_cut_last(work):
    rows = [{f"c{n}": "v" * 950 for n in range(200)}]

    result = work.inline("filter", rows)

    assert size(result) <= MAX_BYTES
    assert any("columns are described" in warning for warning in result["warnings"])
    assert len(result["preview"]["columns"]) == 200
