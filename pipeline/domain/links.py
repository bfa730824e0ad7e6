"""Several channels of one client: a dossier at another hub is linked to the office's own dossier.

A bank-statement hub or a Peppol access point knows a client by its VAT number, sometimes by its
dossier number, and nothing of folders. Its documents go where the office's own dossier goes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pipeline.domain.customers import Dossier

_BELGIAN_DIGITS = 10
_NUMBERS_KEPT = 10_000

Link = Callable[[Dossier], Dossier]
"""From a dossier as its hub lists it to that dossier as it is synchronised."""


@lru_cache(_NUMBERS_KEPT)
def enterprise_number(text: str) -> str:
    """An enterprise or VAT number in the one form that others of the same enterprise have too.

    ``BE 0123.456.789``, ``0208:0123456789`` and ``123456789`` are the same number.
    """
    scheme, _, number = text.rpartition(":")
    plain = "".join(c for c in number.upper() if c.isascii() and c.isalnum())
    digits = plain.removeprefix("BE")
    if not digits.isdecimal():
        return plain
    is_belgian = plain != digits or scheme in ("", "0208")
    return digits.zfill(_BELGIAN_DIGITS) if is_belgian else plain


@dataclass(frozen=True, slots=True)
class DossierLinks:
    """How dossiers of other hubs find the office's own.

    ``hubs`` are those whose dossiers are linked; the dossiers of all others are the office's own.
    ``explicit`` are links that a person made, from tenant to tenant; they come first.
    """

    hubs: frozenset[str] = frozenset()
    explicit: Mapping[str, str] = field(default_factory=dict)

    def among(self, office: Iterable[Dossier]) -> Link:
        """Gives dossiers the name, numbers and package of the office's own where there is one.

        The others stay as they are: they go to the package of their hub, if that has one.
        """
        own = _Office(each for each in office if self.hubs and each.hub not in self.hubs)

        def link(dossier: Dossier) -> Dossier:
            if dossier.hub not in self.hubs:
                return dossier
            found = own.find(dossier, self.explicit.get(dossier.tenant))
            return dossier if found is None else _as_channel(dossier, found)

        return link


NO_LINKS = DossierLinks()


class _Office:
    """The office's own dossiers, by what others know of them."""

    def __init__(self, dossiers: Iterable[Dossier]) -> None:
        self._by_tenant: dict[str, Dossier] = {}
        self._by_enterprise: defaultdict[str, list[Dossier]] = defaultdict(list)
        self._by_number: defaultdict[str, list[Dossier]] = defaultdict(list)
        for dossier in dossiers:
            self._by_tenant[dossier.tenant] = dossier
            self._by_enterprise[enterprise_number(dossier.enterprise_identifier)].append(dossier)
            self._by_number[dossier.accounting_file_id].append(dossier)

    def find(self, dossier: Dossier, explicit: str | None) -> Dossier | None:
        """The one that is meant beyond doubt; None when that is none, or one of several."""
        if explicit is not None:
            return self._by_tenant.get(explicit)
        enterprise = enterprise_number(dossier.enterprise_identifier)
        found: Sequence[Dossier] = self._by_enterprise[enterprise] if enterprise else ()
        if not found:
            found = [each for each in self._numbered(dossier) if not _differ(each, enterprise)]
        if len(found) > 1:
            found = [each for each in found if each in self._numbered(dossier)]
        return found[0] if len(found) == 1 else None

    def _numbered(self, dossier: Dossier) -> Sequence[Dossier]:
        number = dossier.accounting_file_id
        return self._by_number[number] if number else ()


def _differ(own: Dossier, enterprise: str) -> bool:
    """Whether both have a number, and not the same: equal dossier numbers are chance then."""
    other = enterprise_number(own.enterprise_identifier)
    return bool(other and enterprise)


def _as_channel(dossier: Dossier, own: Dossier) -> Dossier:
    return replace(
        dossier,
        enterprise_name=own.enterprise_name,
        enterprise_identifier=own.enterprise_identifier,
        accounting_file_id=own.accounting_file_id,
        package=own.package,
        linked_to=own.tenant,
    )
