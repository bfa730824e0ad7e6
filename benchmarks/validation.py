"""``validation``: how fast documents are looked into, by size, on one core."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from random import Random

import anyio

from benchmarks.documents import invoice
from benchmarks.machine import measured
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import median
from pipeline.domain.documents import Document, DocumentKey, DocumentKind, DocumentRef
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Validator
from pipeline.validation.xml import XmlLimits, parse_xml

LINES = {"10 kB": 1, "15 kB": 8, "50 kB": 40, "250 kB": 210}
BATCH = 32


def run(options: Options) -> Report:
    """Parse alone, and everything the validator does, batch by batch as the line has them."""
    report = Report()
    rows: list[Sequence[Cell]] = []
    for name, lines in LINES.items():
        documents = [_document(number, lines) for number in range(BATCH)]
        rounds = 3 if options.quick else max(2000 // BATCH // max(lines // 8, 1), 10)
        size = sum(len(each.body) for each in documents) / BATCH
        parse_us = _cost_us(partial(_parse, documents), rounds)
        whole_us = anyio.run(_validate, documents, rounds)
        rows.append((name, round(size), parse_us, whole_us, 1e6 / whole_us))
        report.figures[f"validation_{name.replace(' ', '_').lower()}_us"] = whole_us
    columns = ("size", "bytes", "parse us", "parse, key data, XSD us", "docs/s and core")
    report.tables.append(Table("Validation", columns, rows, "CPU time, medians of batches of 32."))
    return report


def _document(number: int, lines: int) -> Document:
    body = invoice(Random(number), lines)  # noqa: S311 - test data
    key = DocumentKey("hub", "dossier", str(number))
    ref = DocumentRef(key, DocumentKind.PURCHASE_INVOICE, datetime(2026, 1, 1, tzinfo=UTC))
    return Document(ref, body, sha256(body).hexdigest())


def _parse(documents: Sequence[Document]) -> None:
    for document in documents:
        parse_xml(document.body, XmlLimits())


def _cost_us(work: Callable[[], None], rounds: int) -> float:
    costs = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        costs.append(time.process_time() - began)
    return median(costs) / BATCH * 1e6


async def _validate(documents: Sequence[Document], rounds: int) -> float:
    validator = Validator((Ubl21(),), threads=1)
    costs = []
    for _ in range(rounds):
        with measured() as usage:
            reports = await validator.validate(documents)
        assert not any(isinstance(each, Exception) for each in reports)
        costs.append(usage.cpu_seconds)
    return median(costs) / BATCH * 1e6
