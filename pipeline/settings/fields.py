"""How a setting is declared, and what its values have in common."""

import os
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

MIB = 2**20


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(_lower)


def setting(section: str, description: str, default: Any = None, **options: Any) -> Any:
    """A field; ``unit`` and ``shown`` (the default in words) are for people."""
    extra = {"section": section, "unit": options.pop("unit", ""), "shown": options.pop("shown", "")}
    if "default_factory" not in options:
        options["default"] = default
    return Field(description=description, json_schema_extra=extra, **options)


def spare_cores() -> int:
    """All cores but one, at least one."""
    return max(other_cores(), 1)


def other_cores() -> int:
    """The cores that this process may use, but for one."""
    usable = getattr(os, "sched_getaffinity", None)  # not on every system
    return (len(usable(0)) if usable else os.cpu_count() or 1) - 1


def is_loopback(url: str) -> bool:
    """Whether a URL names this very machine, literally."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
