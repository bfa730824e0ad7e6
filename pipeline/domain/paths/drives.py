r"""Can a service reach this location? Mapped drive letters belong to one login, not to a server."""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.paths.locations import Platform

_LETTER = re.compile(r"^([A-Za-z]):")
_NETWORK_PATH = r"\\server\share\folder"


class DriveKind(enum.StrEnum):
    """What stands behind a drive letter."""

    LOCAL = "local"
    NETWORK = "network"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Drive:
    r"""A drive letter as the system reports it; ``unc`` is the share it is mapped to, if known."""

    letter: str
    kind: DriveKind
    unc: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether a location can be reached; otherwise why not, and what to write instead.

    ``suggestion`` is a complete location that can replace the one asked about.
    """

    is_usable: bool
    problem: str = ""
    suggestion: str | None = None


USABLE = Diagnosis(is_usable=True)


def diagnose_location(text: str, platform: Platform, drives: Sequence[Drive]) -> Diagnosis:
    """Judge the drive of a location; its folders are not looked at.

    Network paths and local drives are usable; so is a location without a drive letter, which lies
    under the configured root.
    """
    match = _LETTER.match(text.strip()) if platform is Platform.WINDOWS else None
    if match is None:
        return USABLE
    letter = match[1].upper()
    drive = next((d for d in drives if d.letter.upper()[:1] == letter), None)
    if drive is not None and drive.kind is DriveKind.LOCAL:
        return USABLE
    return _unusable(text.strip(), letter, drive, _local_letters(drives))


def _unusable(text: str, letter: str, drive: Drive | None, local: str) -> Diagnosis:
    suggestion = drive.unc.rstrip("\\") + text[2:] if drive is not None and drive.unc else None
    if drive is None:
        reason = "does not exist for the account this service runs under"
    elif drive.kind is DriveKind.NETWORK:
        reason = "is a network drive, mapped for one login, and a service cannot see it"
    else:
        reason = "is of a kind that cannot be recognised, so it may be missing tomorrow"
    instead = f"Write {suggestion}" if suggestion else f"Write the network path, {_NETWORK_PATH}"
    return Diagnosis(
        is_usable=False,
        problem=f"Drive {letter}: {reason}. {instead}, or use a local drive ({local}).",
        suggestion=suggestion,
    )


def _local_letters(drives: Sequence[Drive]) -> str:
    letters = sorted(f"{d.letter.upper()[:1]}:" for d in drives if d.kind is DriveKind.LOCAL)
    return ", ".join(letters) or "none was found"
