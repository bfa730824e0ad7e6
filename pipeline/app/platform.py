"""What differs between operating systems; each imports modules that the other lacks."""

import os

from pipeline.domain.errors import ConfigurationError
from pipeline.domain.paths import Platform
from pipeline.ports.disk import Disk


def platform_of_this_machine() -> Platform:
    """Whose path rules hold here."""
    return Platform.WINDOWS if os.name == "nt" else Platform.POSIX


def make_disk() -> Disk:
    """A disk for one destination."""
    if os.name == "nt":
        from pipeline.connectors.disks.windows import WindowsDisk  # noqa: PLC0415

        return WindowsDisk()
    if os.uname().sysname != "Linux":
        raise ConfigurationError("Dossierpost delivers on Linux and on Windows only.")
    from pipeline.connectors.disks.linux import LinuxDisk  # noqa: PLC0415

    return LinuxDisk()
