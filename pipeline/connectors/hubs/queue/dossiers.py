"""Whose documents a queue hub holds: the companies that the office links, or that the hub lists."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.queue.profile import Companies
from pipeline.connectors.hubs.queue.values import Item, text_at
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

EVERYTHING = "*"
"""The company of a credential that serves one only: whatever is meant for no other."""

_BELGIAN = re.compile(r"(?:BE|0208|9925)*0?(1?\d{9})")
_SEPARATORS = re.compile(r"[\s.:/-]")


class Link(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the office says of a company; without locations those of the hub's package hold."""

    enterprise_name: str = ""
    enterprise_identifier: str = ""
    accounting_file_id: str = ""
    locations: dict[Location, str] = {}
    extracts_embedded_pdf: bool = False
    blocks_on_fatal: bool = False
    delivers_duplicates: bool = False
    file_name: str | None = None

    def package(self, hub: str, company: str) -> AccountingPackage | None:
        """A package of this company's own."""
        if not self.locations:
            return None
        return AccountingPackage(
            id=f"{hub}/{company}",
            name=self.enterprise_name or company,
            locations=self.locations,
            extracts_embedded_pdf=self.extracts_embedded_pdf,
            blocks_on_fatal=self.blocks_on_fatal,
            delivers_duplicates=self.delivers_duplicates,
            file_name=self.file_name,
        )


def read_links(setup: HubSetup) -> Mapping[str, Link]:
    """The setting ``dossiers``: a JSON object of links by company.

    Raises:
        ConfigurationError: it is not that.
    """
    text = setup.values["dossiers"].strip()
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Link])
    except msgspec.DecodeError as error:
        msg = f"Hub {setup.name!r}: the setting 'dossiers' is not usable: {error}. Correct it."
        raise ConfigurationError(msg) from error


def plain(company: str) -> str:
    """A company number in one form: ``BE0123.456.789`` and ``0208:0123456789`` are one company."""
    text = _SEPARATORS.sub("", company).upper()
    belgian = _BELGIAN.fullmatch(text)
    return belgian[1] if belgian else text


class Clientele:
    """The dossiers of one hub."""

    def __init__(
        self, hub: str, links: Mapping[str, Link], package: AccountingPackage | None
    ) -> None:
        self._hub = hub
        self._links = links
        self._package = package
        self._company_of = {
            plain(name): company
            for company, link in links.items()
            for name in (company, link.enterprise_identifier)
            if name
        }

    @property
    def companies(self) -> Sequence[str]:
        """The companies that the office linked."""
        return tuple(self._links)

    def linked(self) -> list[Dossier]:
        """A dossier for each link, for hubs that list no companies."""
        return [self._dossier(company, link) for company, link in sorted(self._links.items())]

    def merged(self, listed: Iterable[Item], companies: Companies) -> list[Dossier]:
        """A dossier for each company that the hub lists, with what the office says of it.

        A link to a company that the hub does not list is shown, and not synchronised.
        """
        dossiers, met = [], set[str]()
        for item in listed:
            dossier, company = self._merge(item, companies)
            dossiers.append(dossier)
            met.add(company)
        lost = [
            self._dossier(company, link, is_shared=False)
            for company, link in sorted(self._links.items())
            if company not in met
        ]
        return [*dossiers, *lost]

    def owns(self, dossier_id: str, names: Iterable[str]) -> bool:
        """Whether a document that names its company by ``names`` is for a dossier."""
        for name in names:
            if (company := self._company_of.get(plain(name))) is not None:
                return company == dossier_id
        return dossier_id == EVERYTHING

    def _merge(self, item: Item, companies: Companies) -> tuple[Dossier, str]:
        company = text_at(item, companies.id)
        numbers = [text_at(item, path) for path in companies.identifiers]
        names = [company, *filter(None, numbers)]
        known = next(
            (self._company_of[plain(n)] for n in names if plain(n) in self._company_of), ""
        )
        link = self._links.get(known, Link())
        dossier = Dossier(
            hub=self._hub,
            id=company,
            enterprise_name=link.enterprise_name or text_at(item, companies.name) or company,
            enterprise_identifier=link.enterprise_identifier or next(filter(None, numbers), ""),
            accounting_file_id=link.accounting_file_id,
            package=link.package(self._hub, company) or self._package,
        )
        return dossier, known

    def _dossier(self, company: str, link: Link, *, is_shared: bool = True) -> Dossier:
        return Dossier(
            hub=self._hub,
            id=company,
            enterprise_name=link.enterprise_name or company,
            enterprise_identifier=link.enterprise_identifier,
            accounting_file_id=link.accounting_file_id,
            shares_documents=is_shared,
            package=link.package(self._hub, company) or self._package,
        )
