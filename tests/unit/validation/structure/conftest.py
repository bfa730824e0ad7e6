"""Tests of what the C code accepts; they need the extension, which is built on installation."""

from collections.abc import Callable, Sequence

import pytest

from pipeline.validation.factur_x import UBL_FILES, ubl_folder
from pipeline.validation.key_data import PLACES
from pipeline.validation.rules.reader import read_schema
from pipeline.validation.structure import tables
from pipeline.validation.structure.checker import NativeStructure
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.structure.reader import read_schemas
from pipeline.validation.structure.tables import Place
from tests.differential.run import EN_16931, installed_rules
from tests.differential.targets import Targets


def native_structure(declarations: Declarations, places: Sequence[Place]) -> NativeStructure:
    return NativeStructure(tables.tables_of(declarations, places), declarations.roots)


Make = Callable[[Declarations], NativeStructure]


@pytest.fixture(scope="session")
def make() -> Make:
    """Make a structure of declarations."""
    pytest.importorskip(
        "pipeline.validation.rules._native", reason="NOT RUN: the extension was not built"
    )
    return lambda declarations: native_structure(declarations, PLACES)


@pytest.fixture(scope="session")
def ubl() -> Declarations:
    return read_schemas([ubl_folder() / name for name in UBL_FILES.values()], UBL_FILES)


@pytest.fixture(scope="session")
def structure(make: Make, ubl: Declarations) -> NativeStructure:
    return make(ubl)


@pytest.fixture(scope="session")
def targets() -> Targets:
    return Targets(read_schema(installed_rules(EN_16931).read_bytes()))
