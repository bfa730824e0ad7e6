"""How a hub connector declares itself: its settings, and how a hub is made from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.connectors.limits import Limiters
from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import CredentialStore
from pipeline.ports.hub import Hub

_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class HubSetting:
    """One value a connector is configured with; ``default`` None means that it is required.

    ``hint`` tells a person where the value is found.
    """

    name: str
    title: str
    default: str | None = None
    is_secret: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class HubSetup:
    """What the composition root hands to a connector.

    ``name`` is that of the hub instance; ``values`` are its settings as text, by name, and
    ``limiters`` are shared by all instances of the process. ``package`` is the accounting package
    of dossiers for which the hub itself names none. ``state_dir`` is where a connector may keep a
    folder of its own.
    """

    name: str
    values: Mapping[str, str]
    clock: Clock
    credentials: CredentialStore
    limiters: Limiters
    package: AccountingPackage | None = None
    state_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class HubConnector:
    """Declaration of a hub connector.

    ``build`` raises `ConfigurationError` for values that cannot work; it opens no connection.
    ``guide`` tells a person what to ask the provider for before the hub can be set up. ``webhook``
    is None for hubs that push nothing.
    """

    name: str
    title: str
    settings: tuple[HubSetting, ...]
    build: Callable[[HubSetup], Hub]
    guide: str = ""
    webhook: WebhookForm | None = None

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
        return replace(setup, values=complete)


def is_on(value: str) -> bool:
    """Whether a setting written by a person is switched on."""
    return value.strip().lower() in _TRUE
