"""Planted bugs: a test that cannot fail proves nothing."""

import inspect
import sys
from types import ModuleType


def plant(module: ModuleType, *edits: tuple[str, str]) -> ModuleType:
    """A copy of a module with edits in its source: old texts, which must occur, and new ones."""
    source = inspect.getsource(module)
    for old, new in edits:
        assert old in source, f"nothing to replace: {old}"
        source = source.replace(old, new)
    copy = ModuleType(f"{module.__name__}_planted")
    sys.modules[copy.__name__] = copy  # dataclasses look their module up
    try:
        exec(compile(source, copy.__name__, "exec"), copy.__dict__)  # noqa: S102
    finally:
        del sys.modules[copy.__name__]
    return copy
