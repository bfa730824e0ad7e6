"""Finds hub connectors: modules of `pipeline.connectors.hubs`, and entry points of other packages.

A connector module has one declaration named ``CONNECTOR``, or several in ``CONNECTORS``; nothing
else in the project names it.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from pipeline.connectors import hubs
from pipeline.connectors.declarations import HubConnector
from pipeline.domain.errors import ConfigurationError

ENTRY_POINTS = "dossierpost.hubs"


def find_hub(name: str) -> HubConnector | None:
    """The connector of a name, if there is one; loads no other where its module has its name.

    Raises:
        ConfigurationError: as `find_hubs`.
    """
    is_alone = not entry_points(group=ENTRY_POINTS)  # of others, one may have the same name
    if is_alone and name in {module.name for module in pkgutil.iter_modules(hubs.__path__)}:
        for declared in _declared_in(import_module(f"{hubs.__name__}.{name}")):
            if isinstance(declared, HubConnector) and declared.name == name:
                return declared
    return find_hubs().get(name)


def find_hubs() -> Mapping[str, HubConnector]:
    """All hub connectors, by name.

    Raises:
        ConfigurationError: two connectors have one name, or an installed one cannot be loaded.
    """
    found: dict[str, HubConnector] = {}
    for module in pkgutil.iter_modules(hubs.__path__):
        for declared in _declared_in(import_module(f"{hubs.__name__}.{module.name}")):
            _register(found, declared)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            declared = point.load()
        except (ImportError, AttributeError) as error:
            msg = f"Hub connector {point.value!r} cannot be loaded: {error}. Install it again."
            raise ConfigurationError(msg) from error
        _register(found, declared)
    return found


def _declared_in(module: ModuleType) -> Iterable[object]:
    if hasattr(module, "CONNECTORS"):
        return tuple(module.CONNECTORS)
    return (module.CONNECTOR,)


def _register(found: dict[str, HubConnector], declared: object) -> None:
    if not isinstance(declared, HubConnector):
        raise ConfigurationError(f"{declared!r} is not the declaration of a hub connector.")
    if declared.name in found:
        raise ConfigurationError(f"Two hub connectors are named {declared.name!r}; remove one.")
    found[declared.name] = declared
