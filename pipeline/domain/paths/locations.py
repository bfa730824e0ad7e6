"""Absolute locations of POSIX and Windows, taken apart without touching a disk."""

import enum
import re
from dataclasses import dataclass

from pipeline.domain.errors import ConfigurationError
from pipeline.domain.paths.components import FORBIDDEN, is_device_name

_DRIVE = re.compile(r"[A-Za-z]:")
_SHARE = re.compile(r"\\\\(?P<server>[^\\\[\]]+)\\(?P<share>[^\\\[\]]+)(?:\\|$)")
SHORT_NAME = re.compile(r"~(?=[0-9])")
"""The mark of an 8.3 name: ``FOLDER~1`` may be ``Folder of Acme`` or another."""


class Platform(enum.StrEnum):
    """Whose path rules hold."""

    POSIX = "posix"
    WINDOWS = "windows"

    @property
    def separator(self) -> str:
        """What separates folders when a path is written."""
        return "\\" if self is Platform.WINDOWS else "/"


class TemplateRefused(ConfigurationError):
    """A location cannot be used as written; ``rule`` names the reason for programs."""

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class SplitLocation:
    r"""A location in parts: ``anchor`` is ``/``, ``C:\`` or ``\\server\share\``, or empty."""

    anchor: str
    components: tuple[str, ...]

    @property
    def is_absolute(self) -> bool:
        """Whether the location says by itself where it is."""
        return bool(self.anchor)


def split_location(text: str, platform: Platform) -> SplitLocation:
    """Take a location apart; empty components and ``.`` vanish.

    Raises:
        TemplateRefused: control characters, ``..``, a form of another platform, a device path,
            a drive without a folder, an incomplete network path, or (Windows) a component that
            Windows could not keep as it is written.
    """
    if any(ord(character) < ord(" ") for character in text):
        raise TemplateRefused(
            f"Location {text!r} contains a control character. Type it again.", rule="control"
        )
    split = _split_windows(text) if platform is Platform.WINDOWS else _split_posix(text)
    for component in split.components:
        _refuse_parent(component, text)
        if platform is Platform.WINDOWS:
            _refuse_unkeepable(component, text)
    return split


def _split_posix(text: str) -> SplitLocation:
    if "\\" in text or _DRIVE.match(text):
        raise TemplateRefused(
            f"Location {text} is a Windows location, but this server is not Windows. Use a path"
            " such as /srv/accounting/[enterprise_identifier]/in.",
            rule="platform",
        )
    return SplitLocation("/" if text.startswith("/") else "", _components(text, "/"))


def _split_windows(text: str) -> SplitLocation:
    path = text.replace("/", "\\")
    if path.startswith("\\\\"):
        return _split_share(path, text)
    if _DRIVE.match(path):
        return _split_drive(path, text)
    if path.startswith("\\"):
        raise TemplateRefused(
            f"Location {text} does not say which drive it is on. Write the drive first, such as"
            f" C:{path}.",
            rule="drive",
        )
    return SplitLocation("", _components(path, "\\"))


def _split_share(path: str, text: str) -> SplitLocation:
    match = _SHARE.match(path)
    if match is None or match["server"] in {"?", "."}:
        raise TemplateRefused(
            rf"Location {text} is not a complete network path. Write it as \\server\share\folder.",
            rule="share",
        )
    anchor = rf"\\{match['server']}\{match['share']}" + "\\"
    return SplitLocation(anchor, _components(path[match.end() :], "\\"))


def _split_drive(path: str, text: str) -> SplitLocation:
    if path[2:3] != "\\":
        raise TemplateRefused(
            f"Location {text} needs a backslash after the drive: {path[:2]}\\{path[2:]}.",
            rule="drive",
        )
    return SplitLocation(path[:2].upper() + "\\", _components(path[3:], "\\"))


def _components(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part not in {"", "."})


def _refuse_parent(component: str, text: str) -> None:
    if component.strip(" ") == "..":
        raise TemplateRefused(
            f"Location {text} contains '..'. Write the folder it leads to instead.", rule="parent"
        )


def _refuse_unkeepable(component: str, text: str) -> None:
    """Refuse what Windows would change or read as something else; variables are looked past."""
    literal = re.sub(r"\[[^\[\]]*\]", "", component)
    if FORBIDDEN & set(literal):
        problem = "contains a character that Windows does not allow in names"
    elif literal and component[-1] in {" ", "."}:
        problem = "ends in a space or a dot, which Windows drops"
    elif is_device_name(component):
        problem = "is a device name on Windows"
    elif SHORT_NAME.search(literal):
        problem = "looks like a short name (~1), which may mean another folder"
    else:
        return
    raise TemplateRefused(
        f"Folder {component} of location {text} {problem}. Choose another name.", rule="windows"
    )
