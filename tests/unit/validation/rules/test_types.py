import pytest

from pipeline.validation.rules.types import Count, Item, Type, common_item, either


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (Item.STRING, Item.STRING, Item.STRING),
        (Item.INTEGER, Item.DECIMAL, Item.DECIMAL),
        (Item.DOUBLE, Item.DECIMAL, Item.NUMERIC),
        (Item.STRING, Item.INTEGER, Item.ANY),
        (Item.NODE, Item.UNTYPED, Item.ANY),
    ],
)
def test_two_kinds_have_the_narrowest_that_covers_both(
    first: Item, second: Item, common: Item
) -> None:
    assert common_item(first, second) is common_item(second, first) is common


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (Count.ONE, Count.ONE, Count.ONE),
        (Count.ONE, Count.OPTIONAL, Count.OPTIONAL),
        (Count.ONE, Count.EMPTY, Count.OPTIONAL),
        (Count.MANY, Count.ONE, Count.MANY),
        (Count.MANY, Count.EMPTY, Count.MANY),
        (Count.EMPTY, Count.EMPTY, Count.EMPTY),
    ],
)
def test_one_or_the_other_has_as_many_as_either(first: Count, second: Count, count: Count) -> None:
    one, other = Type(Item.STRING, first), Type(Item.STRING, second)

    assert either(one, other) == either(other, one) == Type(Item.STRING, count)
