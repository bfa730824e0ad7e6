"""Finds hub connectors: modules of `pipeline.connectors.hubs`, and entry points of other packages.

A connector module has one declaration named ``CONNECTOR``; nothing else in the project names it.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points

from pipeline.connectors import hubs
from pipeline.connectors.limits import Limiters
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import CredentialStore
from pipeline.ports.hub import Hub

ENTRY_POINTS = "dossierpost.hubs"
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class HubSetting:
    """One value a connector is configured with; ``default`` None means that it is required."""

    name: str
    title: str
    default: str | None = None
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class HubSetup:
    """What the composition root hands to a connector.

    ``name`` is that of the hub instance; ``values`` are its settings as text, by name, and
    ``limiters`` are shared by all instances of the process.
    """

    name: str
    values: Mapping[str, str]
    clock: Clock
    credentials: CredentialStore
    limiters: Limiters


@dataclass(frozen=True, slots=True)
class HubConnector:
    """Declaration of a hub connector.

    ``build`` raises `ConfigurationError` for values that cannot work; it opens no connection.
    """

    name: str
    title: str
    settings: tuple[HubSetting, ...]
    build: Callable[[HubSetup], Hub]

    def connect(self, setup: HubSetup) -> Hub:
        """Make a hub after checking that each setting is known and present."""
        return self.build(self.completed(setup))

    def completed(self, setup: HubSetup) -> HubSetup:
        """The set-up with a value for each setting.

        Raises:
            ConfigurationError: one is unknown, or required and missing.
        """
        known = {setting.name for setting in self.settings}
        unknown = sorted(setup.values.keys() - known)
        if unknown:
            msg = (
                f"Hub {setup.name!r} has the unknown setting {unknown[0]!r}; "
                f"{self.title} knows {', '.join(sorted(known))}."
            )
            raise ConfigurationError(msg)
        values = {s.name: setup.values.get(s.name, s.default) for s in self.settings}
        for name, value in values.items():
            if value is None:
                raise ConfigurationError(f"Hub {setup.name!r} needs the setting {name!r}.")
        complete = {name: value for name, value in values.items() if value is not None}
        return HubSetup(setup.name, complete, setup.clock, setup.credentials, setup.limiters)


def find_hubs() -> Mapping[str, HubConnector]:
    """All hub connectors, by name.

    Raises:
        ConfigurationError: two connectors have one name, or an installed one cannot be loaded.
    """
    found: dict[str, HubConnector] = {}
    for module in pkgutil.iter_modules(hubs.__path__):
        declared = import_module(f"{hubs.__name__}.{module.name}").CONNECTOR
        _register(found, declared)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            declared = point.load()
        except (ImportError, AttributeError) as error:
            msg = f"Hub connector {point.value!r} cannot be loaded: {error}. Install it again."
            raise ConfigurationError(msg) from error
        _register(found, declared)
    return found


def is_on(value: str) -> bool:
    """Whether a setting written by a person is switched on."""
    return value.strip().lower() in _TRUE


def _register(found: dict[str, HubConnector], declared: object) -> None:
    if not isinstance(declared, HubConnector):
        raise ConfigurationError(f"{declared!r} is not the declaration of a hub connector.")
    if declared.name in found:
        raise ConfigurationError(f"Two hub connectors are named {declared.name!r}; remove one.")
    found[declared.name] = declared
