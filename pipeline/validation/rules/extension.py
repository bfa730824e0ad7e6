"""The C module of the rules, where it was built."""

from importlib import import_module
from types import ModuleType

NAME = "pipeline.validation.rules._native"


def extension() -> ModuleType | None:
    """The C extension, None where it was not built for this interpreter."""
    try:
        return import_module(NAME)
    except ImportError:
        return None
