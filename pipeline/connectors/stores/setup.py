"""Settings that stores share."""

from pathlib import Path

from pipeline.connectors.declarations import HubSetting, HubSetup
from pipeline.connectors.stores.profiles import PLAIN, PROFILES, TreeProfile
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

_MOVE, _DELETE = "move", "delete"

AFTER = HubSetting(
    "after", "What happens to a delivered file: move or delete; empty as the profile", default=""
)
PROFILE = HubSetting("profile", f"Layout of the tree: {', '.join(PROFILES)}", default=PLAIN)
DOSSIERS = HubSetting(
    "dossiers", "Local file that lists the dossiers; empty for the store's own", default=""
)
LOCATIONS = tuple(
    HubSetting(location.value, f"Path template for {location.value}", default="")
    for location in Location
)


def profile_of(setup: HubSetup) -> TreeProfile:
    """The layout that the settings name."""
    name = setup.values["profile"]
    if name not in PROFILES:
        msg = f"Hub {setup.name!r}: profile must be one of {', '.join(PROFILES)}, not {name!r}."
        raise ConfigurationError(msg)
    return PROFILES[name]


def deletes(setup: HubSetup, *, by_default: bool) -> bool:
    """Whether delivered files are deleted."""
    after = setup.values["after"]
    if after not in ("", _MOVE, _DELETE):
        msg = f"Hub {setup.name!r}: after must be {_MOVE!r} or {_DELETE!r}, not {after!r}."
        raise ConfigurationError(msg)
    return after == _DELETE if after else by_default


def package_of(setup: HubSetup) -> AccountingPackage | None:
    """The package of dossiers that name none: the paths in the settings, or the set-up's own."""
    locations = {loc: setup.values[loc.value] for loc in Location if setup.values[loc.value]}
    if not locations:
        return setup.package
    return AccountingPackage(id=setup.name, name=setup.name, locations=locations)


def dossier_file_of(setup: HubSetup) -> Path | None:
    """The local file of dossiers that the settings name."""
    text = setup.values["dossiers"]
    if not text:
        return None
    if not Path(text).is_absolute():
        raise ConfigurationError(f"Hub {setup.name!r}: dossiers {text} is not an absolute path.")
    return Path(text)


def whole_number(setup: HubSetup, name: str, *, highest: int) -> int:
    """A setting that is a number from 1 on."""
    text = setup.values[name]
    if not text.isdecimal() or not 0 < int(text) <= highest:
        msg = f"Hub {setup.name!r}: {name} must be a number from 1 to {highest}, not {text!r}."
        raise ConfigurationError(msg)
    return int(text)
