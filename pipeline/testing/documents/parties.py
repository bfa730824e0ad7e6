"""Companies that nobody has, but whose numbers, addresses and names look like real ones."""

from dataclasses import dataclass
from random import Random

from pipeline.testing.documents.identifiers import (
    belgian_iban,
    enterprise_number,
    french_vat,
    location_number,
    luxembourg_vat,
)


@dataclass(frozen=True, slots=True)
class Party:
    """One side of an invoice; ``vat`` is None outside the Union."""

    name: str
    language: str
    street: str
    town: str
    postal_code: str
    country: str
    vat: str | None
    endpoint_scheme: str
    endpoint_id: str
    iban: str

    @property
    def legal_id(self) -> str | None:
        """The enterprise number, for Belgian companies."""
        return self.endpoint_id if self.endpoint_scheme == _ENTERPRISE_NUMBER else None


@dataclass(frozen=True, slots=True)
class _Words:
    marker: str
    trades: tuple[str, ...]
    fancies: tuple[str, ...]
    forms: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]


_ENTERPRISE_NUMBER = "0208"
_WORDS = {
    "nl": _Words(
        "Voorbeeld",
        ("Bakkerij", "Schrijnwerken", "Drukkerij", "Tuinaanleg", "Garage", "Bouw & Renovatie"),
        ("De Papieren Maan", "Nergenshuizen", "Het Dubbele Cijfer", "Zevenslaper", "Luchtkasteel"),
        ("BV", "NV", "B.V.", "VOF"),
        ("Voorbeeldstraat", "Modellaan", "Proefdreef", "Demoplein"),
        (("9000", "Gent"), ("2000", "Antwerpen"), ("3500", "Hasselt"), ("8800", "Roeselare")),
    ),
    "fr": _Words(
        "Exemple",
        ("Boulangerie", "Menuiserie", "Imprimerie", "Électricité", "Conseil & Fils"),
        ("de la Lune en Papier", "d'Ailleurs", "du Chiffre Double", "des Nuées", "de l'Été"),
        ("SRL", "SA", "ASBL", "SNC"),
        ("Rue de l'Exemple", "Avenue du Modèle", "Place de l'Essai", "Chemin Fictif"),
        (("4000", "Liège"), ("5000", "Namur"), ("1000", "Bruxelles"), ("7000", "Mons")),
    ),
    "de": _Words(
        "Muster",
        ("Bäckerei", "Tischlerei", "Druckerei", "Gartenbau", "Fuhrunternehmen"),
        ("Papiermond", "Nirgendwo", "Doppelziffer", "Siebenschläfer", "Wolkenbüro"),
        ("GmbH", "AG", "KG"),
        ("Musterstraße", "Beispielweg", "Probeallee"),
        (("4700", "Eupen"), ("4780", "Sankt Vith"), ("4720", "Kelmis")),
    ),
    "en": _Words(
        "Sample",
        ("Bakery", "Joinery", "Print Works", "Software", "Shipping & Storage"),
        ("of the Paper Moon", "Nowhere", "Double Digit", "Dormouse", "Cloudcastle"),
        ("Ltd", "SRL", "BV"),
        ("Example Street", "Model Lane", "Trial Square"),
        (("1050", "Brussels"), ("1930", "Zaventem"), ("3000", "Leuven")),
    ),
}
_LANGUAGES = ("nl", "nl", "nl", "nl", "fr", "fr", "fr", "de", "en", "en")


def belgian_party(rng: Random) -> Party:
    """A company of Belgium, reachable under its enterprise number."""
    number = enterprise_number(rng)
    language = rng.choice(_LANGUAGES)
    return _party(
        rng,
        language=language,
        country="BE",
        vat=f"BE{number}",
        endpoint=(_ENTERPRISE_NUMBER, number),
    )


def union_party(rng: Random) -> Party:
    """A company of another member state, reachable under its VAT number."""
    if rng.random() < 0.5:  # noqa: PLR2004 - half of them
        vat = french_vat(rng)
        return _party(rng, language="fr", country="FR", vat=vat, endpoint=("9957", vat))
    vat = luxembourg_vat(rng)
    return _party(rng, language="de", country="LU", vat=vat, endpoint=("9938", vat))


def overseas_party(rng: Random) -> Party:
    """A company outside the Union, reachable under its location number, without VAT number."""
    return _party(
        rng, language="en", country="GB", vat=None, endpoint=("0088", location_number(rng))
    )


def _party(
    rng: Random, *, language: str, country: str, vat: str | None, endpoint: tuple[str, str]
) -> Party:
    words = _WORDS[language]
    postal_code, town = rng.choice(words.towns) if country == "BE" else _ABROAD[country]
    name = (
        f"{words.marker} {rng.choice(words.trades)} {rng.choice(words.fancies)} "
        f"{int(rng.random() * 10_000)} {rng.choice(words.forms)}"
    )
    return Party(
        name=name,
        language=language,
        street=f"{rng.choice(words.streets)} {1 + int(rng.random() * 250)}",
        town=town,
        postal_code=postal_code,
        country=country,
        vat=vat,
        endpoint_scheme=endpoint[0],
        endpoint_id=endpoint[1],
        iban=belgian_iban(rng),
    )


_ABROAD = {
    "FR": ("59000", "Lille"),
    "LU": ("L-1009", "Luxembourg"),
    "GB": ("CT1 1AA", "Canterbury"),
}
