"""Copies of planned deliveries and files: what is written out field by field forgets none."""

from dataclasses import dataclass, fields
from typing import Any

import pytest

from pipeline.domain.delivery import PlannedDelivery, PlannedFile


def with_its_own_value_in_each_field(kind: type[Any]) -> Any:
    """An instance in which no field has its default."""
    return kind(**{field.name: object() for field in fields(kind)})


def fields_that_differ(one: Any, other: Any) -> set[str]:
    """Names of the fields that are not the very same."""
    names = (field.name for field in fields(one))
    return {name for name in names if getattr(one, name) is not getattr(other, name)}


def test_a_delivery_with_other_files_is_the_same_otherwise() -> None:
    planned = with_its_own_value_in_each_field(PlannedDelivery)

    assert fields_that_differ(planned, planned.with_files(())) == {"files"}


def test_a_file_under_another_token_is_the_same_otherwise() -> None:
    planned = with_its_own_value_in_each_field(PlannedFile)

    assert fields_that_differ(planned, planned.staged_as("token")) == {"token"}


def test_planted_a_copy_that_forgets_a_field_is_found_out() -> None:
    @dataclass
    class Forgetful:
        files: object
        is_released: object = False

        def with_files(self, files: object) -> "Forgetful":
            return Forgetful(files)

    planned = with_its_own_value_in_each_field(Forgetful)

    with pytest.raises(AssertionError):
        assert fields_that_differ(planned, planned.with_files(())) == {"files"}
