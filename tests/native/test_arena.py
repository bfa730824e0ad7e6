from ctypes import POINTER, byref, c_bool, c_size_t, c_void_p
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native import values
from tests.native.values import CArena, Session, function

pytestmark = pytest.mark.usefixtures("compiled_values")


def _take(session: Session, size: int) -> int | None:
    found: int | None = function("arena_take", c_void_p, POINTER(CArena), c_size_t)(
        session.arena, size
    )
    return found


@given(st.lists(st.integers(0, 300_000), max_size=30))
def test_pieces_do_not_overlap_and_suit_any_type(sizes: list[int]) -> None:
    session = Session()
    try:
        pieces = [(_take(session, size), size) for size in sizes]
        taken = sorted((at, size) for at, size in pieces if at is not None and size > 0)
        assert all(at % 8 == 0 for at, _ in taken)
        assert all(at + size <= after for (at, size), (after, _) in pairwise(taken))
        assert len(taken) == sum(size > 0 for size in sizes)
    finally:
        session.close()


def test_an_arena_holds_no_more_than_it_may() -> None:
    session = Session(bytes_max=100_000)
    try:
        assert _take(session, 60_000) is not None
        assert _take(session, 60_000) is None
        assert session._arena.is_full
        assert session._arena.held <= 100_000
        assert _take(session, (1 << 64) - 1) is None
    finally:
        session.close()


def test_a_product_that_is_too_large_is_refused() -> None:
    session = Session()
    take = function("arena_take_many", c_void_p, POINTER(CArena), c_size_t, c_size_t)
    try:
        assert take(session.arena, 1 << 62, 8) is None
    finally:
        session.close()


def test_what_is_given_back_is_used_again() -> None:
    session = Session()
    reset = function("arena_reset", None, POINTER(CArena))
    try:
        for _ in range(100):
            assert _take(session, 1 << 20) is not None
            reset(session.arena)
        assert session._arena.held <= 1 << 20
    finally:
        session.close()


def test_without_room_a_text_function_asks_for_the_python_engine() -> None:
    session = Session(bytes_max=8)
    out, fault = values.CText(), values.CFault()
    call = function("text_upper", c_bool, values.CText, c_void_p, c_void_p, c_void_p)
    try:
        done = call(session.text("a" * 100), session.arena, byref(out), byref(fault))
        assert not done
        assert fault.kind == values.FAULT_UNSUPPORTED
    finally:
        session.close()
