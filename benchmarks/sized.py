"""Invoices of the sizes that validation is measured with, and the cost of checking them."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from random import Random

from benchmarks.documents import invoice
from benchmarks.rounds import median
from pipeline.testing.documents.invoice import S21, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl

BATCH = 16
_LINES = {"9 kB": 5, "16 kB": 11, "50 kB": 40}
_PDF = b"%PDF-1.4" + bytes(750_000)


def sized_invoices() -> dict[str, Sequence[bytes]]:
    """Batches of valid invoices by their size in words; those of the last one have a PDF inside."""
    made = {
        name: [invoice(Random(seed), lines) for seed in range(BATCH)]  # noqa: S311 - test data
        for name, lines in _LINES.items()
    }
    return {**made, "1 MB with a PDF": [_with_pdf(Random(seed)) for seed in range(BATCH // 4)]}  # noqa: S311


def _with_pdf(rng: Random) -> bytes:
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,) * 5,
        issued_on=date(2026, 3, 1),
    )
    return render_ubl(drawn, pdf=_PDF)


def mean_size(bodies: Sequence[bytes]) -> int:
    """Bytes of one, on average."""
    return sum(map(len, bodies)) // len(bodies)


def costs_us(
    checks: Mapping[str, Callable[[bytes], object]], bodies: Sequence[bytes], rounds: int
) -> dict[str, float]:
    """Median CPU time of a check; they take turns by batches, as the pipeline has them."""
    costs: dict[str, list[float]] = {name: [] for name in checks}
    for _ in range(rounds):
        for name, check in checks.items():
            began = time.process_time()
            for body in bodies:
                check(body)
            costs[name].append((time.process_time() - began) / len(bodies))
    return {name: median(each) * 1e6 for name, each in costs.items()}


def name_of_figure(size: str) -> str:
    """A size as part of the name of a figure."""
    return size.replace(" ", "_").lower()
