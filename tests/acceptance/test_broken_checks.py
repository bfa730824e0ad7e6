"""A document that the program fails on costs no other document, and is not lost itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKind, Verdict
from pipeline.hub.arrivals import NewDocument
from tests.acceptance.office import AccountantsOffice, customer, document_of, winbooks
from tests.data.peppol.changes import changed, good_document, text

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

BAKER = customer(1)
FOR_EVER = changed(text("cbc:InvoiceTypeCode", "384"), text("cbc:ID", "for-ever"))
ANOTHER = changed(text("cbc:ID", "another"))
RULES = """\
<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/>
  <pattern>
    <rule context="cbc:InvoiceTypeCode[. = '384']">
      <assert id="NEVER" flag="fatal" test="
        not(some $a in 1 to 100000 satisfies some $b in 1 to 100000 satisfies $a + $b = 0)">
        A rule that does not come to an end.</assert>
    </rule>
  </pattern>
</schema>
"""


def invoice(body: bytes, name: str) -> NewDocument:
    return replace(document_of(BAKER, DocumentKind.PURCHASE_INVOICE), body=body, id=name)


async def delivered(office: AccountantsOffice, **settings: str) -> Sequence[DocumentRow]:
    """The rows after three documents arrived, the second of which is checked for ever."""
    (office.books / "winbooks").mkdir()
    rules = office.folder / "rules"
    rules.mkdir()
    (rules / "peppol.sch").write_text(RULES)
    office.settings_of_this_test = {
        "DOSSIERPOST_RULES_DIR": str(rules),
        "DOSSIERPOST_CACHE_DIR": str(office.folder / "cache"),
        "DOSSIERPOST_VALIDATE_WORKERS": "1",
        "DOSSIERPOST_VALIDATE_SECONDS": "1.5",
        **settings,
    }
    await office.receive(
        invoice(good_document(), "1"), invoice(FOR_EVER, "2"), invoice(ANOTHER, "3")
    )
    await office.sync()
    return await office.rows()


async def test_a_document_that_cannot_be_checked_is_delivered_and_the_accountant_is_told(
    office: AccountantsOffice,
) -> None:
    await office.link(winbooks(), BAKER)

    rows = await delivered(office)

    assert [row.status for row in rows] == [RowStatus.ACKED] * 3
    assert [row.verdict for row in rows] == [Verdict.VALID, Verdict.UNCHECKED, Verdict.VALID]
    assert FOR_EVER in office.placed().values()
    assert "unchecked-timeout" in rows[1].findings_json


async def test_a_package_that_blocks_holds_what_cannot_be_checked(
    office: AccountantsOffice,
) -> None:
    await office.link(winbooks(blocks_on_fatal=True), BAKER)

    rows = await delivered(office)

    held = rows[1]
    assert [row.status for row in rows] == [RowStatus.ACKED, RowStatus.HELD, RowStatus.ACKED]
    assert held.rule == "unchecked-timeout"
    assert "could not be checked (timeout)" in (held.reason or "")
    assert FOR_EVER not in office.placed().values()
