"""The C module of the rules, where it was built."""

from importlib import import_module
from types import ModuleType

NAME = "pipeline.validation.rules._native"

NOT_BUILT = "the C extension was not built"


def likely_engine() -> str:
    """What runs the rules, as far as can be told before they are loaded."""
    return "native" if extension() is not None else f"python ({NOT_BUILT})"


def extension() -> ModuleType | None:
    """The C extension, None where it was not built for this interpreter."""
    try:
        return import_module(NAME)
    except ImportError:
        return None
