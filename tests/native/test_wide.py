from ctypes import Structure, byref, c_bool, c_int, c_uint32, c_void_p

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.native.values import function

pytestmark = pytest.mark.usefixtures("compiled_values")

LIMBS = 8
LIMIT = 1 << 32 * LIMBS
EDGES = st.sampled_from([0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF])


class Wide(Structure):
    _fields_ = (("limbs", c_uint32 * LIMBS),)


def _of_limbs(limbs: list[int]) -> int:
    return sum(limb << 32 * place for place, limb in enumerate(limbs))


def _wide(number: int) -> Wide:
    return Wide((c_uint32 * LIMBS)(*[number >> 32 * place & 0xFFFFFFFF for place in range(LIMBS)]))


def _number(wide: Wide) -> int:
    return _of_limbs(list(wide.limbs))


LONG = st.lists(EDGES | st.integers(0, (1 << 32) - 1), max_size=LIMBS).map(_of_limbs)
SHORT = st.lists(EDGES | st.integers(0, (1 << 32) - 1), max_size=LIMBS // 2).map(_of_limbs)


@given(LONG, LONG.filter(bool))
@example(_of_limbs([0, 0, 0x80000000, 0x7FFFFFFF]), _of_limbs([1, 0, 0x80000000]))
@example(_of_limbs([3, 0, 0x80000000]), _of_limbs([1, 0, 0x20000000]))
@example(_of_limbs([0, 0xFFFFFFFE, 0x80000000]), _of_limbs([0xFFFFFFFF, 0x80000000]))
@example(LIMIT - 1, (1 << 32) - 1)
@example(LIMIT - 1, LIMIT - 1)
def test_a_quotient_and_what_is_left_over_are_exact(number: int, divisor: int) -> None:
    """In the first examples a digit is guessed too great, which chance never finds."""
    value = _wide(number)
    rest = function("wide_divide", Wide, c_void_p, c_void_p)(byref(value), byref(_wide(divisor)))

    assert (_number(value), _number(rest)) == divmod(number, divisor)


@given(SHORT, SHORT)
def test_a_product_is_exact(left: int, right: int) -> None:
    product = function("wide_product", Wide, c_void_p, c_void_p)(
        byref(_wide(left)), byref(_wide(right))
    )

    assert _number(product) == left * right


@given(LONG, LONG)
def test_numbers_are_added_subtracted_and_compared(left: int, right: int) -> None:
    total, difference = _wide(left), _wide(max(left, right))
    fits = function("wide_add", c_bool, c_void_p, c_void_p)(byref(total), byref(_wide(right)))
    function("wide_subtract", None, c_void_p, c_void_p)(
        byref(difference), byref(_wide(min(left, right)))
    )
    compare = function("wide_compare", c_int, c_void_p, c_void_p)
    order = compare(byref(_wide(left)), byref(_wide(right)))

    assert _number(total) == (left + right) % LIMIT
    assert fits is (left + right < LIMIT)
    assert _number(difference) == abs(left - right)
    assert order == (left > right) - (left < right)


@given(LONG, st.integers(0, 80))
def test_a_number_times_a_power_of_ten_is_exact_or_refused(number: int, power: int) -> None:
    value = _wide(number)
    fits = function("wide_scale", c_bool, c_void_p, c_uint32)(byref(value), power)

    assert fits is (number * 10**power < LIMIT)
    assert not fits or _number(value) == number * 10**power
