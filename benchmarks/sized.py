"""Invoices of the sizes that validation is measured with, and the cost of checking one."""

import time
from collections.abc import Callable, Mapping
from datetime import date
from random import Random

from benchmarks.documents import invoice
from benchmarks.rounds import median
from pipeline.testing.documents.invoice import S21, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl

_LINES = {"9 kB": 5, "16 kB": 11, "50 kB": 40}
_PDF = b"%PDF-1.4" + bytes(750_000)


def sized_invoices() -> dict[str, bytes]:
    """Valid invoices by their size in words, the last one with a PDF inside."""
    rng = Random(3)  # noqa: S311 - test data
    made = {name: invoice(Random(3), lines) for name, lines in _LINES.items()}  # noqa: S311
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,) * 5,
        issued_on=date(2026, 3, 1),
    )
    return {**made, "1 MB with a PDF": render_ubl(drawn, pdf=_PDF)}


def costs_us(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU time of each; they take turns, so that what others do meanwhile hits all alike."""
    costs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            costs[name].append(time.process_time() - began)
    return {name: median(each) * 1e6 for name, each in costs.items()}


def name_of_figure(size: str) -> str:
    """A size as part of the name of a figure."""
    return size.replace(" ", "_").lower()
