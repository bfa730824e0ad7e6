"""Names of the hub instances that the settings configure."""

from pipeline.settings import Settings

NATIVE = "native"
FOLDER = "folder"


def hub_names(settings: Settings) -> tuple[str, ...]:
    """The configured hubs, by the name that is part of every document key."""
    names = ((NATIVE, settings.hub_url), (FOLDER, settings.hub_folder))
    return tuple(name for name, setting in names if setting)
