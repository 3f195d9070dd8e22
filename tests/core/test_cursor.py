"""Page cursors."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.cursor import seal, seal_moment, unseal, unseal_moment
from taskforge.core.errors import Malformed
from taskforge.core.ids import new_id

SCOPE = b'jobs{"status":["failed"]}'


@given(st.uuids(), st.binary())
def test_a_cursor_brings_back_its_id(last: UUID, scope: bytes):
    assert unseal(seal(last, scope), scope) == last


@given(st.integers(0, 10**16))
def test_a_cursor_brings_back_its_moment(ticks: int):
    last = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks)
    assert unseal_moment(seal_moment(last, SCOPE), SCOPE) == last


def test_a_moment_beyond_the_calendar_is_refused():
    with pytest.raises(Malformed):
        unseal_moment(seal(UUID(int=2**100), SCOPE), SCOPE)


def test_a_cursor_of_other_filters_is_refused():
    cursor = seal(new_id(), SCOPE)

    with pytest.raises(Malformed, match="other filters"):
        unseal(cursor, b"jobs{}")


@pytest.mark.parametrize("at", [0, 20, 31, 32, 47])
def test_a_cursor_with_one_digit_changed_is_refused(at: int):
    cursor = seal(new_id(), SCOPE)
    changed = cursor[:at] + ("0" if cursor[at] != "0" else "1") + cursor[at + 1 :]

    with pytest.raises(Malformed):
        unseal(changed, SCOPE)


def test_a_cursor_in_capitals_is_refused():
    with pytest.raises(Malformed):
        unseal(seal(UUID(int=0xABCDEF), SCOPE).upper(), SCOPE)


@given(st.text())
def test_any_text_that_is_no_cursor_is_refused(text: str):
    with pytest.raises(Malformed):
        unseal(text, SCOPE)
