from taskforge.handlers.data.generated.rows import GOLDEN, MASK, mix, mixed_seed

ROWS = [{"n": n, "kind": "rare" if n % 100 == 0 else "usual"} for n in range(1_000)]


def drawn(work, **params):
    result = work("sample", {"inline": ROWS}, params=params, output={"preview_rows": 200})
    return [row[0] for row in result["preview"]["rows"]]


def test_the_lowest_lots_win_whatever_version_draws_them(work):
    def lot(place):
        return mix((place * GOLDEN + mixed_seed(7)) & MASK)

    expected = sorted(sorted(range(1, 1_001), key=lot)[:20])

    assert drawn(work, size=20, seed=7) == [place - 1 for place in expected]
    assert drawn(work, size=20, seed=8) != drawn(work, size=20, seed=7)


def test_each_stratum_gives_its_share(work):
    rows = drawn(work, size=100, stratify_by="kind")

    assert len(rows) == 100
    assert sum(n % 100 == 0 for n in rows) == 1


def test_a_sample_of_more_than_there_is_is_everything(work):
    result = work.inline("sample", ROWS[:5], size=10)

    assert [row[0] for row in result["preview"]["rows"]] == [0, 1, 2, 3, 4]
    assert "all of them" in result["warnings"][0]
    assert result["sample"] == {"size": 5, "percent": 100.0, "stratify_by": None, "seed": 42}
