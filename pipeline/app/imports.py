"""Imports of a service, without what it has no use for."""

import sys
from types import ModuleType


def leave_out_rich() -> None:
    """Import structlog without rich, which could draw the tracebacks that we write plainly.

    That takes 5 MB, and a twentieth of the start; commands that draw tables import it later on.
    """
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    loaded = modules.get("rich")
    modules["rich"] = None  # makes an import of it fail
    try:
        import structlog  # noqa: F401, PLC0415
    finally:
        del modules["rich"]
        if loaded is not None:
            modules["rich"] = loaded
