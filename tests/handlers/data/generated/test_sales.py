import pytest

from taskforge.handlers.data.engine import open_engine
from taskforge.handlers.data.generated.rows import mixed_seed
from taskforge.handlers.data.generated.sales import MARKETS, PRODUCTS, RECIPE


def generated(chunks, seed):
    engine = open_engine()
    engine.execute(RECIPE.create("t"))
    for start, end in chunks:
        engine.execute(RECIPE.insert("t"), [start, end, mixed_seed(seed)])
    rows = engine.execute(
        "SELECT * REPLACE ((unit_price * 100)::BIGINT AS unit_price,"
        " (discount * 100)::BIGINT AS discount, (revenue * 100)::BIGINT AS revenue) FROM t"
    )
    return rows.fetchall()


@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1])
def test_rows_are_what_their_numbers_and_the_seed_say(sales_order, seed):
    assert generated([(0, 2_000)], seed) == [sales_order(i, seed) for i in range(2_000)]


def test_rows_far_on_are_too(sales_order):
    assert generated([(4_999_000, 5_000_000)], 7) == [
        sales_order(i, 7) for i in range(4_999_000, 5_000_000)
    ]


def test_chunks_make_no_difference():
    assert generated([(0, 30), (30, 31), (31, 500)], 1) == generated([(0, 500)], 1)


def test_another_seed_makes_other_rows():
    ours, theirs = generated([(0, 100)], 1), generated([(0, 100)], 2)

    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) == 0


def test_the_weights_add_up_to_a_hundred():
    assert sum(market.weight for market in MARKETS) == 100
    assert sum(product.weight for product in PRODUCTS) == 100
