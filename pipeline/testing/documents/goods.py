"""What is sold, in four languages, and the sentences that go with an invoice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """Something on an invoice line: texts, UN/ECE unit, and a price range in cents."""

    name: str
    description: str
    unit: str
    cheapest: int
    dearest: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences of one language."""

    items: tuple[Item, ...]
    note: str
    terms: str
    discount: str
    freight: str
    origin: str
    letter: tuple[str, ...]


PHRASES = {
    "nl": Phrases(
        items=(
            Item(
                "Werkuren geschoold",
                "Uitvoering volgens bestek, verplaatsing inbegrepen",
                "HUR",
                4200,
                9500,
            ),
            Item(
                "Kopieerpapier A4 80 g",
                "Doos van 5 pakken van 500 vel, wit, FSC-gelabeld",
                "C62",
                1450,
                3990,
            ),
            Item(
                "Meergranenbrood 800 g",
                "Ambachtelijk gebakken, gesneden, per stuk verpakt",
                "C62",
                240,
                420,
            ),
            Item(
                "Grondverf binnen", "Watergedragen, geurarm, emmer van 10 liter", "LTR", 380, 1290
            ),
            Item(
                "Onderhoudscontract",
                "Maandelijkse controle & bijstand op afstand",
                "MON",
                4900,
                39000,
            ),
            Item("Laminaat eik", "Klik, slijtklasse 32, dikte 8 mm", "MTK", 1290, 3450),
        ),
        note="Gelieve bij betaling de gestructureerde mededeling te vermelden.",
        terms="Betaalbaar binnen 30 dagen na factuurdatum",
        discount="Klantenkorting",
        freight="Transportkosten",
        origin="Land van oorsprong",
        letter=(
            "Geachte klant,",
            "In bijlage vindt u de gevraagde stukken.",
            "Met vriendelijke groet",
        ),
    ),
    "fr": Phrases(
        items=(
            Item(
                "Main d'œuvre qualifiée",
                "Exécution selon cahier des charges, déplacement compris",
                "HUR",
                4100,
                9200,
            ),
            Item(
                "Papier à copier A4 80 g",
                "Carton de 5 rames de 500 feuilles, blanc",
                "C62",
                1450,
                3990,
            ),
            Item(
                "Pain multicéréales 800 g",
                "Cuit à l'ancienne, tranché, emballé à la pièce",
                "C62",
                240,
                420,
            ),
            Item(
                "Peinture de fond",
                "À base d'eau, faible odeur, seau de 10 litres",
                "LTR",
                380,
                1290,
            ),
            Item(
                "Contrat d'entretien",
                "Contrôle mensuel & assistance à distance",
                "MON",
                4900,
                39000,
            ),
            Item("Pommes Jonagold", "Calibre 75/80, caisse consignée", "KGM", 95, 260),
        ),
        note="Merci d'indiquer la communication structurée lors du paiement.",
        terms="Payable dans les 30 jours de la date de facture",
        discount="Remise client",
        freight="Frais de transport",
        origin="Pays d'origine",
        letter=("Cher client,", "Vous trouverez ci-joint les documents demandés.", "Cordialement"),
    ),
    "de": Phrases(
        items=(
            Item(
                "Facharbeiterstunden",
                "Ausführung gemäß Leistungsverzeichnis, inkl. Anfahrt",
                "HUR",
                4300,
                9800,
            ),
            Item(
                "Kopierpapier A4 80 g", "Karton mit 5 Paketen zu 500 Blatt, weiß", "C62", 1450, 3990
            ),
            Item(
                "Mehrkornbrot 800 g",
                "Handwerklich gebacken, geschnitten, einzeln verpackt",
                "C62",
                240,
                420,
            ),
            Item("Wartungsvertrag", "Monatliche Prüfung & Fernunterstützung", "MON", 4900, 39000),
            Item("Schüttgut Splitt 2/5", "Geliefert frei Baustelle, lose", "KGM", 3, 19),
        ),
        note="Bitte geben Sie bei der Zahlung die strukturierte Mitteilung an.",
        terms="Zahlbar innerhalb von 30 Tagen ab Rechnungsdatum",
        discount="Kundenrabatt",
        freight="Transportkosten",
        origin="Ursprungsland",
        letter=(
            "Sehr geehrte Damen und Herren,",
            "anbei die gewünschten Unterlagen.",
            "Mit freundlichen Grüßen",
        ),
    ),
    "en": Phrases(
        items=(
            Item(
                "Consultancy, senior",
                "On site, travel included, per started half hour",
                "HUR",
                6500,
                14500,
            ),
            Item("Copy paper A4 80 gsm", "Box of 5 reams of 500 sheets, white", "C62", 1450, 3990),
            Item("Multigrain loaf 800 g", "Baked the slow way, sliced, wrapped", "C62", 240, 420),
            Item(
                "Support subscription", "Monthly check-up & remote assistance", "MON", 4900, 39000
            ),
            Item("Storage, dry", "Per square metre and month, insured", "MTK", 450, 1200),
        ),
        note="Please quote the structured communication with your payment.",
        terms="Payable within 30 days of the invoice date",
        discount="Customer discount",
        freight="Freight",
        origin="Country of origin",
        letter=("Dear customer,", "Please find enclosed the papers you asked for.", "Kind regards"),
    ),
}
