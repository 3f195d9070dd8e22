import json

import msgspec

from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Outcome, Reading
from taskforge.handlers.web.spool import Spool, write_csv
from taskforge.handlers.web.tally import Shelf, Tally
from taskforge.handlers.web.tree import ROOM, Tree


def test_a_shelf_keeps_the_first_that_fit_and_counts_the_rest():
    shelf = Shelf(20)

    for value in ("aaaa", "x" * 30, "b"):
        shelf.add(value)

    assert (shelf.kept, shelf.total, shelf.left_out) == (["aaaa"], 3, 2)


def test_a_tree_counts_pages_by_folder():
    tree = Tree()
    for path in ("", "a/", "a/b", "a/c?q=1"):
        tree.add(f"http://h/{path}", 200)

    (host,) = tree.shown()

    assert (host["name"], host["pages"]) == ("h", 4)
    assert [(child["name"], child["pages"]) for child in host["children"]] == [("a", 3)]


def test_a_tree_has_a_limit():
    tree = Tree()
    for number in range(3_000):
        tree.add(f"http://h/{'%22' * 50}{number}/{'x' * 300}", 200)

    assert len(json.dumps(tree.shown())) < ROOM * 1.3
    assert tree.shown()[0]["pages"] == 3_000


def test_spreadsheets_get_no_formulas(tmp_path):
    spool = Spool(tmp_path / "rows.ndjson")
    for value in ("=1+1", "+1", "-1", "@x", "\tx", "plain", -5, None, ["=a", "b"], 'say "x", y'):
        spool.add({"=name": value})
    spool.close()

    write_csv(spool.path, tmp_path / "rows.csv", ["=name"])

    assert (tmp_path / "rows.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "'=name", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain", "-5", '""', "'=a | b",
        '"say ""x"", y"',
    ]  # fmt: skip


def test_the_worst_crawl_fits_into_a_result(tmp_path):
    tally = Tally(WebPayload(), tmp_path)
    wide = {f"f{n}": ['\\"' * 500] * 5 for n in range(4)}
    for number in range(1_000):
        reading = Reading(
            title="é" * 300, fields=wide, external=[f"http://{number}.x/{'y' * 900}"] * 3,
            meta={"a": "b" * 500}, jsonld=[1] * 500, text="x" * 5_000,
        )  # fmt: skip
        url = f"http://h/{'z' * 900}/{number}"
        tally.take(Outcome(url=url, depth=0, status=404, error="HTTP 404", reading=reading))
        tally.skip("robots", url)
    tally.close()

    result = tally.result(1_000, [])

    assert len(msgspec.json.encode(result)) <= 256 * 1024
    assert len(result["warnings"]) == 5
