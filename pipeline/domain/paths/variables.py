"""The closed language of templates: ``[variable|filter|filter]`` between literal text."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pipeline.domain.paths.locations import TemplateRefused

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_SCHEME = re.compile(r"^\d{4}:")
_ENTERPRISE_DIGITS = 10


def _digits(value: str) -> str:
    """Digits alone; the scheme of a Peppol identifier (``0208:``) is not part of the number."""
    return re.sub(r"[^0-9]", "", _SCHEME.sub("", value))


def _enterprise_digits(value: str) -> str:
    """The 10 digits of a Belgian enterprise number, or nothing."""
    digits = _digits(value)
    digits = digits.zfill(_ENTERPRISE_DIGITS) if len(digits) == _ENTERPRISE_DIGITS - 1 else digits
    return digits if len(digits) == _ENTERPRISE_DIGITS else ""


def _be(value: str) -> str:
    digits = _enterprise_digits(value)
    return f"BE{digits}" if digits else ""


def _dots(value: str) -> str:
    digits = _enterprise_digits(value)
    return f"{digits[:4]}.{digits[4:7]}.{digits[7:]}" if digits else ""


FILTERS: Mapping[str, Callable[[str], str]] = {
    "be": _be,
    "digits": _digits,
    "dots": _dots,
    "lower": str.lower,
    "upper": str.upper,
}
"""What may follow a variable; ``be`` and ``dots`` give nothing for a number that is not Belgian."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and the filters its value passes through, left to right."""

    name: str
    filters: tuple[str, ...] = ()

    def filtered(self, value: str) -> str:
        """Return ``value`` after all filters; not yet safe for a path."""
        for name in self.filters:
            value = FILTERS[name](value)
        return value

    def __str__(self) -> str:
        return f"[{'|'.join((self.name, *self.filters))}]"


Part = str | Variable
"""Literal text, or a variable."""


def parse_parts(text: str, known: Collection[str]) -> tuple[Part, ...]:
    """Split ``text`` into literals and variables; literals are never empty.

    Raises:
        TemplateRefused: a bracket without its partner, or a name outside ``known`` or `FILTERS`.
    """
    pieces = _BRACKETS.split(text)
    if any(bracket in literal for literal in pieces[::2] for bracket in "[]"):
        raise TemplateRefused(
            f"{text} has a bracket without its partner. Write variables as [enterprise_name].",
            rule="bracket",
        )
    parts = [_variable(piece, known) if index % 2 else piece for index, piece in enumerate(pieces)]
    return tuple(part for part in parts if part != "")


def _variable(text: str, known: Collection[str]) -> Variable:
    name, *filters = (word.strip() for word in text.split("|"))
    if name not in known:
        raise TemplateRefused(
            f"[{name}] is not a variable. Known are: {_listed(known)}.", rule="variable"
        )
    for word in filters:
        if word not in FILTERS:
            raise TemplateRefused(
                f"|{word} is not a filter. Known are: {_listed(FILTERS)}.", rule="filter"
            )
    return Variable(name, tuple(filters))


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
