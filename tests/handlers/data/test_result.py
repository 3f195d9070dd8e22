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


def test_warnings_without_end_are_cut(work):
    rows = [{f"c{n}": "x" for n in range(200)}, {f"c{n}": 1 for n in range(200)}]

    result = work.inline("profile", rows)

    assert len(result["warnings"]) == 51
    assert result["warnings"][-1] == "There are 150 more warnings."


def test_points_that_have_no_room_are_told(work):
    rows = [{"k": f"{n:04}" + "\N{PILE OF POO}" * 80} | {f"v{m}": n for m in range(20)}
            for n in range(150)]  # fmt: skip
    metrics = [{"fn": "sum", "column": f"v{m}"} for m in range(20)]

    result = work.inline("aggregate", rows, group_by=["k"], metrics=metrics)

    assert size(result) <= MAX_BYTES
    assert len(result["series"]) == 20
    assert any(" of 3,000 points" in warning for warning in result["warnings"])
    assert result["groups"]["total"] == 150
