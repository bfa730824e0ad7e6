"""Hostile documents, each checked in one process that measures what that takes.

Run as a program, it prints an object of JSON: by the name of a case, a `Measured`.
"""

import json
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.checking import Checker
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from tests.data.hostile.documents import INVOICE, edited, embedding, good
from tests.data.hostile.xml_corpus import DOCTYPES

END = b"</Invoice>"
WAYS = ("checked", "without schema", "by rules alone")
QUADRATIC = b"""\
<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/>
  <pattern><rule context="cbc:Telephone">
    <assert id="DIGITS" flag="fatal" test="matches(., '.*([0-9].*){3,}.*')">Three digits.</assert>
  </rule></pattern>
</schema>
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a document, and what that took."""

    outcome: str
    seconds: float
    grown_mb: float


def before_end(content: bytes) -> bytes:
    return edited(INVOICE, END, content + END)


def said_to_be(encoding: str) -> bytes:
    return good(INVOICE).replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "an entity bomb": DOCTYPES["nested entities, a billion laughs"],
    "2,000,000 elements": lambda: before_end(b"<a/>" * 2_000_000),
    "400,000 elements": lambda: before_end(b"<a/>" * 400_000),
    "depth 100,000": lambda: before_end(b"<a>" * 100_000 + b"</a>" * 100_000),
    "100,000 names": lambda: before_end(b"".join(b"<n%d/>" % n for n in range(100_000))),
    "100,000 attributes": lambda: before_end(
        b"<a " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b"/>"
    ),
    "UTF-32": lambda: good(INVOICE).decode().encode("utf-32"),
    "GB18030": lambda: said_to_be("GB18030"),
    "Latin-1 that says UTF-8": lambda: edited(INVOICE, b"<cbc:Note>", b"<cbc:Note>\xe9"),
    "50 MB with a PDF": lambda: embedding(b64encode(b"%PDF-1.4" + bytes(38_000_000))),
    "50 MB in a note": lambda: edited(INVOICE, b"<cbc:Note>", b"<cbc:Note>" + b"x" * 52_000_000),
    "one byte too many": lambda: good(INVOICE) + b" " * (50 * 2**20 + 1 - len(good(INVOICE))),
    "cut in the middle": lambda: good(INVOICE)[: len(good(INVOICE)) // 2],
    "nothing": bytes,
}


def measured(check: Callable[[bytes], str], body: bytes) -> Measured:
    """CPU seconds, and how much the process grew at most meanwhile."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now
    before, began = _mb("VmRSS"), time.process_time()
    outcome = check(body)
    return Measured(outcome, time.process_time() - began, _mb("VmHWM") - before)


def _mb(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _outcome(check: Callable[[bytes], str]) -> Callable[[bytes], str]:
    def outcome(body: bytes) -> str:
        try:
            return check(body)
        except DocumentRejected as rejection:
            return rejection.rule
        except ValueError:  # of expat, for an encoding that `parse_xml` refuses before it
            return "encoding"

    return outcome


def _ways(folder: Path) -> dict[str, Callable[[bytes], str]]:
    command = Checker(cache=folder)
    fragments = Checker(["en16931", "peppol"], cache=folder)
    files = [RulePlaces().find(name).data for name in RuleSetName]
    rules = RuleSet.load(*files, cache=folder)
    slow = RuleSet.load(RuleFile("digits", QUADRATIC))
    return {
        "checked": lambda body: command.check(body).verdict,
        "without schema": lambda body: fragments.check(body).verdict,
        "by rules alone": lambda body: f"{len(rules.check(body))} findings",
        "by a slow pattern": lambda body: str([(one.rule, one.error) for one in slow.check(body)]),
    }


def main() -> None:
    """Measure every case."""
    ways = {name: _outcome(check) for name, check in _ways(Path(sys.argv[1])).items()}
    found: dict[str, Measured] = {}
    for name, build in DOCUMENTS.items():
        for way in WAYS:
            found[f"{name}, {way}"] = measured(ways[way], build())
    telephone = before_end(b"<cbc:Telephone>" + b"1a" + b"x" * 8000 + b"</cbc:Telephone>")
    found["a telephone number of 8,000 characters"] = measured(ways["by a slow pattern"], telephone)
    sys.stdout.write(json.dumps({name: asdict(each) for name, each in found.items()}))


if __name__ == "__main__":
    main()
