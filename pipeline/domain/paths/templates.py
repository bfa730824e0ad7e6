r"""Path templates such as ``C:\Winbooks\Data\[enterprise_identifier]\inbound``.

A template is parsed once. Values are filled into the parsed form, each as part of one component,
so nothing in a value is ever read as a separator, a variable or a template again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from pipeline.domain.customers import Dossier
from pipeline.domain.errors import LocationUnusable
from pipeline.domain.paths.components import VALUE_BYTES, safe_component, utf16_units
from pipeline.domain.paths.filenames import NAME_BYTES
from pipeline.domain.paths.locations import (
    SHORT_NAME,
    Platform,
    SplitLocation,
    TemplateRefused,
    split_location,
)
from pipeline.domain.paths.values import (
    DOCUMENT_VARIABLES,
    DOSSIER_VARIABLES,
    DocumentValues,
    dossier_values,
)
from pipeline.domain.paths.variables import Part, Variable, parse_parts

COMPONENT_BYTES = 240
WINDOWS_PATH_UNITS = 240
"""Longest path of a file on Windows, in UTF-16 units: accounting software stops at 260."""

SHORTEST_NAME_UNITS = 84
"""Room that a folder must leave on Windows for the longest standard file name."""

EMPTY_DOCUMENT_VALUE = "_"
"""What a document without a value for a used variable gets: ``_``, so that it still arrives."""

_KNOWN = (*DOSSIER_VARIABLES, *DOCUMENT_VARIABLES)


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A parsed location; see `parse`. Equal templates render equally."""

    platform: Platform
    anchor: str
    components: tuple[tuple[Part, ...], ...]

    @classmethod
    def parse(cls, text: str, *, platform: Platform, root: str | None = None) -> "PathTemplate":
        """Parse a location; a relative one lies under ``root``.

        Whether a drive letter is one a service can see is `diagnose_location`'s question, whether
        the folder exists the destination's.

        Raises:
            TemplateRefused: the location cannot be used as written; the message says why and
                what to write instead.
        """
        if not text.strip():
            raise TemplateRefused("The location is empty. Write a folder.", rule="empty")
        split = _under_root(split_location(text.strip(), platform), text, platform, root)
        parts = tuple(parse_parts(component, _KNOWN) for component in split.components)
        template = cls(platform, split.anchor, parts)
        if not template._literal_components() or template.root == template.anchor:
            raise TemplateRefused(
                f"Location {text} lies directly in {split.anchor}. Put a folder of its own in"
                f" between, such as {split.anchor}Accounting{platform.separator}...",
                rule="root",
            )
        return template

    @property
    def text(self) -> str:
        """The template in absolute, normalised form; parsing it again gives an equal template."""
        return self._joined("".join(map(str, parts)) for parts in self.components)

    @property
    def literal_prefix(self) -> str:
        """The folder that every rendered path is or lies below."""
        return self._joined(self._literal_components())

    @property
    def root(self) -> str:
        """The destination root: the literal folder before the first component with a variable.

        A template without any variable names an inbox itself, so its root is the parent: the
        staging folder in the root is then never inside nor above an inbox.
        """
        literals = self._literal_components()
        has_variables = len(literals) < len(self.components)
        return self._joined(literals if has_variables else literals[:-1])

    def is_below(self, folder: str) -> bool:
        """Whether every rendered path lies below ``folder``, an absolute one."""
        other = split_location(folder, self.platform)
        depth = len(other.components)
        literals = tuple(self._literal_components())
        return (
            other.anchor == self.anchor
            and len(self.components) > depth
            and literals[:depth] == tuple(other.components)
        )

    @property
    def dossier_variables(self) -> frozenset[str]:
        """Variables filled once, by the dossier."""
        return frozenset(v.name for v in self._variables() if v.name in DOSSIER_VARIABLES)

    @property
    def document_variables(self) -> frozenset[str]:
        """Variables filled by each document."""
        return frozenset(v.name for v in self._variables() if v.name in DOCUMENT_VARIABLES)

    def pin(self, dossier: Dossier) -> str:
        """Fill in the dossier's variables; document variables stay as they are written.

        Raises:
            LocationUnusable: the dossier has no value for a variable that is used, or the folder
                would be too long.
        """
        values = self._dossier_values(dossier)
        folder = self._joined(_pinned(parts, values) for parts in self.components)
        self._check(folder)
        return folder

    def render(self, pinned: str, values: DocumentValues) -> str:
        """Return the folder of one document; ``pinned`` is what `pin` gave for this template.

        A document without a value for a variable gets ``_`` there.

        Raises:
            LocationUnusable: the folder would be too long, or ``pinned`` belongs to another
                template.
        """
        split = split_location(pinned, self.platform)
        if split.anchor != self.anchor or len(split.components) != len(self.components):
            raise LocationUnusable(
                f"The folder {pinned} no longer fits the location {self.text}. Confirm the new"
                " folder of this dossier."
            )
        filled = {k: _document_value(v) for k, v in values.by_variable().items()}
        folder = self._joined(
            _rendered(parts, text, filled)
            for parts, text in zip(self.components, split.components, strict=True)
        )
        self._check(folder)
        return folder

    def _dossier_values(self, dossier: Dossier) -> dict[Variable, str]:
        values = dossier_values(dossier)
        filled = {}
        for variable in self._variables():
            if variable.name in values:
                filled[variable] = self._value(variable, values[variable.name], dossier)
        return filled

    def _value(self, variable: Variable, value: str, dossier: Dossier) -> str:
        filtered = variable.filtered(value)
        if not filtered.strip():
            meaning = DOSSIER_VARIABLES[variable.name]
            found = f"{value!r} gives nothing for" if value.strip() else "there is no value for"
            raise LocationUnusable(
                f"Dossier {dossier.enterprise_name or dossier.id} ({dossier.tenant}) has no"
                f" folder: {found} {variable}, {meaning}. Fill it in for this dossier, or use a"
                f" location without it than {self.text}."
            )
        return _safe(filtered)

    def _literal_components(self) -> list[str]:
        literals = []
        for parts in self.components:
            if any(isinstance(part, Variable) for part in parts):
                break
            literals.append("".join(map(str, parts)))
        return literals

    def _variables(self) -> list[Variable]:
        return [p for parts in self.components for p in parts if isinstance(p, Variable)]

    def _joined(self, components: Iterable[str]) -> str:
        return self.anchor + self.platform.separator.join(components)

    def _check(self, folder: str) -> None:
        """Independent of all the above: the result lies below the prefix, and is not too long."""
        prefix = _pure_path(self.literal_prefix, self.platform)
        parts = type(prefix)(folder).parts
        if ".." in parts or parts[: len(prefix.parts)] != prefix.parts:
            raise LocationUnusable(f"Folder {folder} lies outside {self.literal_prefix}.")
        if name_room(folder, self.platform) < SHORTEST_NAME_UNITS:
            raise LocationUnusable(
                f"Folder {folder} is too long for Windows: with a file name in it the path would"
                f" pass {WINDOWS_PATH_UNITS} characters. Use a shorter location."
            )


@lru_cache(maxsize=256)
def _pure_path(text: str, platform: Platform) -> PurePath:
    return (PureWindowsPath if platform is Platform.WINDOWS else PurePosixPath)(text)


def name_room(folder: str, platform: Platform) -> int:
    """Return how many bytes a file name in ``folder`` may have."""
    if platform is Platform.POSIX:
        return NAME_BYTES
    return min(NAME_BYTES, WINDOWS_PATH_UNITS - utf16_units(folder) - 1)


def _under_root(
    split: SplitLocation, text: str, platform: Platform, root: str | None
) -> SplitLocation:
    if split.is_absolute:
        return split
    base = split_location(root, platform) if root else None
    if base is None or not base.is_absolute:
        raise TemplateRefused(
            f"Location {text!r} is relative, and no absolute root folder is set. Write the whole"
            " path, or set DOSSIERPOST_ROOT to the folder it lies under.",
            rule="relative",
        )
    return SplitLocation(base.anchor, base.components + split.components)


def _is_document_part(part: Part) -> bool:
    return isinstance(part, Variable) and part.name in DOCUMENT_VARIABLES


def _pinned(parts: tuple[Part, ...], values: Mapping[Variable, str]) -> str:
    """Fill one component; it is cleaned as a whole once no document variable is left in it.

    Beside a document variable, brackets of a value become round: the component is parsed again
    for each document, and a value must never be read as a variable.
    """
    if not any(isinstance(part, Variable) for part in parts):
        return "".join(map(str, parts))
    texts = [values.get(p, str(p)) if isinstance(p, Variable) else p for p in parts]
    if not any(map(_is_document_part, parts)):
        return _whole("".join(texts))
    return "".join(
        text if _is_document_part(part) or isinstance(part, str) else _round_brackets(text)
        for part, text in zip(parts, texts, strict=True)
    )


def _rendered(parts: tuple[Part, ...], pinned: str, values: Mapping[str, str]) -> str:
    if not any(map(_is_document_part, parts)):
        return pinned
    texts = [
        _safe(part.filtered(values[part.name])) if isinstance(part, Variable) else part
        for part in parse_parts(pinned, DOCUMENT_VARIABLES)
    ]
    return _whole("".join(texts))


def _whole(component: str) -> str:
    return _safe(component, COMPONENT_BYTES)


def _safe(text: str, max_bytes: int = VALUE_BYTES) -> str:
    """Clean, and break ``~1`` up: on Windows it could open another folder by its short name."""
    return SHORT_NAME.sub("_", safe_component(text, max_bytes))


def _round_brackets(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


def _document_value(value: str) -> str:
    return value if value.strip() else EMPTY_DOCUMENT_VALUE
