"""An invoice as numbers: lines, allowances, VAT breakdown and totals, in whole cents.

Source: EN 16931, business rules BR-CO-10 to BR-CO-17 and the VAT rules of each category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pipeline.testing.documents.goods import PHRASES, Item
from pipeline.testing.documents.identifiers import payment_reference
from pipeline.testing.documents.parties import Party


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT category with its rate, and the reason where nothing is charged."""

    category: str
    percent: int
    exemption_code: str | None = None
    exemption: str | None = None


S21, S12, S6 = Tax("S", 21), Tax("S", 12), Tax("S", 6)
ZERO = Tax("Z", 0)
EXEMPT = Tax("E", 0, None, "Exempt from VAT, article 44 of the Belgian VAT code")
REVERSE = Tax("AE", 0, "VATEX-EU-AE", "Reverse charge")
INTRA = Tax("K", 0, "VATEX-EU-IC", "Intra-Community supply")
EXPORT = Tax("G", 0, "VATEX-EU-G", "Export outside the EU")

DOMESTIC_MIXES: tuple[tuple[Tax, ...], ...] = (
    (S21,), (S21,), (S21,), (S21,), (S21, S6), (S21, S12), (S6, S12, S21), (S6,),
    (S21, ZERO), (EXEMPT,), (S21, EXEMPT), (REVERSE,), (REVERSE, S21),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line; quantities are counted in halves, so that half hours stay exact."""

    item: Item
    halves: int
    price: int
    tax: Tax
    discount_percent: int

    @property
    def gross(self) -> int:
        """Quantity times price, rounded half up."""
        return (self.halves * self.price + 1) // 2

    @property
    def discount(self) -> int:
        """What is taken off, rounded half up."""
        return percentage(self.gross, self.discount_percent)

    @property
    def net(self) -> int:
        """What the line adds to the total (BT-131)."""
        return self.gross - self.discount


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance or a charge on the whole document."""

    is_charge: bool
    amount: int
    tax: Tax


@dataclass(frozen=True, slots=True)
class Subtotal:
    """One row of the VAT breakdown."""

    tax: Tax
    taxable: int
    amount: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The document totals (BG-22)."""

    lines: int
    allowances: int
    charges: int
    prepaid: int
    tax: int

    @property
    def without_tax(self) -> int:
        """Lines minus allowances plus charges (BR-CO-13)."""
        return self.lines - self.allowances + self.charges

    @property
    def with_tax(self) -> int:
        """The amount with VAT (BR-CO-15)."""
        return self.without_tax + self.tax

    @property
    def payable(self) -> int:
        """The amount due for payment (BR-CO-16)."""
        return self.with_tax - self.prepaid


@dataclass(frozen=True, slots=True)
class Invoice:
    """Everything that is written into one invoice or credit note."""

    number: str
    is_credit_note: bool
    issued_on: date
    due_on: date
    supplier: Party
    customer: Party
    reference: str
    lines: Sequence[Line]
    adjustments: Sequence[Adjustment]
    subtotals: Sequence[Subtotal]
    totals: Totals

    @property
    def needs_delivery(self) -> bool:
        """Whether the place and date of delivery must be told (BR-IC-11, BR-IC-12)."""
        return any(subtotal.tax.category == "K" for subtotal in self.subtotals)


def percentage(amount: int, percent: int) -> int:
    """``percent`` of an amount in cents, rounded half up."""
    return (amount * percent + 50) // 100


def draw_invoice(
    rng: Random,
    *,
    supplier: Party,
    customer: Party,
    taxes: Sequence[Tax],
    issued_on: date,
    is_credit_note: bool = False,
) -> Invoice:
    """Draw lines and adjustments, and compute what follows from them."""
    lines = _draw_lines(rng, supplier.language, taxes)
    adjustments = _draw_adjustments(rng, lines)
    subtotals = _break_down(lines, adjustments)
    return Invoice(
        number=f"{issued_on.year}/{int(rng.random() * 1_000_000):06d}",
        is_credit_note=is_credit_note,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=30),
        supplier=supplier,
        customer=customer,
        reference=payment_reference(rng),
        lines=lines,
        adjustments=adjustments,
        subtotals=subtotals,
        totals=_totals(rng, lines, adjustments, subtotals),
    )


def _draw_lines(rng: Random, language: str, taxes: Sequence[Tax]) -> list[Line]:
    items = PHRASES[language].items
    # Most invoices are short, a few fill pages: 1 to 40 lines, about 7 in the mean.
    count = max(len(taxes), 1 + int(40 * rng.random() ** 4.5))
    return [
        _draw_line(rng, items[int(rng.random() * len(items))], taxes[place % len(taxes)])
        for place in range(count)
    ]


def _draw_line(rng: Random, item: Item, tax: Tax) -> Line:
    halves = 1 + int(rng.random() * 48)
    return Line(
        item=item,
        halves=halves if item.unit == "HUR" else 2 * halves,
        price=item.cheapest + int(rng.random() * (item.dearest - item.cheapest)),
        tax=tax,
        discount_percent=5 if rng.random() < 0.15 else 0,  # noqa: PLR2004 - one in seven
    )


def _draw_adjustments(rng: Random, lines: Sequence[Line]) -> list[Adjustment]:
    adjustments = []
    first = lines[0]
    if rng.random() < 0.2:  # noqa: PLR2004 - one in five
        adjustments.append(Adjustment(False, percentage(first.net, 10), first.tax))
    if rng.random() < 0.25:  # noqa: PLR2004 - one in four
        adjustments.append(Adjustment(True, 500 + int(rng.random() * 4500), first.tax))
    return adjustments


def _break_down(lines: Sequence[Line], adjustments: Sequence[Adjustment]) -> list[Subtotal]:
    taxable: dict[Tax, int] = {}
    for line in lines:
        taxable[line.tax] = taxable.get(line.tax, 0) + line.net
    for one in adjustments:
        taxable[one.tax] += one.amount if one.is_charge else -one.amount
    return [Subtotal(tax, base, percentage(base, tax.percent)) for tax, base in taxable.items()]


def _totals(
    rng: Random,
    lines: Sequence[Line],
    adjustments: Sequence[Adjustment],
    subtotals: Sequence[Subtotal],
) -> Totals:
    return Totals(
        lines=sum(line.net for line in lines),
        allowances=sum(one.amount for one in adjustments if not one.is_charge),
        charges=sum(one.amount for one in adjustments if one.is_charge),
        prepaid=1000 if rng.random() < 0.05 else 0,  # noqa: PLR2004 - one in twenty
        tax=sum(subtotal.amount for subtotal in subtotals),
    )
