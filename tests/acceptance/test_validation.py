"""What the rules say of a document: told to the accountant, and obeyed only where asked to."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest

from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKind, Verdict
from pipeline.hub.arrivals import NewDocument
from pipeline.testing.documents.coda import Movement, Statement, render_coda
from pipeline.usecases.manage_documents import ManageDocuments, Selection
from tests.acceptance.command_line import CommandLine
from tests.acceptance.office import BEFORE, AccountantsOffice, customer, document_of, winbooks
from tests.data.peppol.changes import changed, good_document, text

BAKER = customer(1)
SELF_BILLED = changed(text("cbc:InvoiceTypeCode", "389"))
"""Breaks one Peppol rule, and is valid for the schema and EN 16931."""


def invoice(body: bytes) -> NewDocument:
    return replace(document_of(BAKER, DocumentKind.PURCHASE_INVOICE), body=body)


def statement(number: int) -> NewDocument:
    """Statement ``number`` of an account on which ten euros arrive each day."""
    new_on = date(2026, 3, 1) + timedelta(days=number)
    body = render_coda(
        Statement(
            account="BE68539007547034",
            holder="Bakery 1 BV",
            number=number,
            old_on=new_on - timedelta(days=1),
            new_on=new_on,
            old_balance=1000 * number,
            movements=[Movement(1000, "A customer", "BE71096123456769", "+++000/0000/00000+++")],
        )
    )
    return NewDocument(
        dossier_id=BAKER.id,
        id=f"statement-{number:03d}",
        kind=DocumentKind.BANK_STATEMENT,
        body=body,
        received_at=BEFORE + timedelta(hours=number),
        content_type="text/plain",
    )


async def delivered(office: AccountantsOffice, *documents: NewDocument) -> Sequence[DocumentRow]:
    """The rows after these documents arrived and one more pass."""
    (office.books / "winbooks").mkdir(exist_ok=True)
    await office.receive(*documents)
    await office.sync()
    return await office.rows()


def found_in(row: DocumentRow) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(row.findings_json)
    return findings


# -- invoices ---------------------------------------------------------------------------------


async def test_a_good_invoice_is_valid_for_every_rule(office: AccountantsOffice) -> None:
    await office.link(winbooks(), BAKER)

    (row,) = await delivered(office, invoice(good_document()))

    assert (row.verdict, row.findings_json) == (Verdict.VALID, "[]")


async def test_an_invalid_invoice_is_delivered_and_the_accountant_is_told(
    office: AccountantsOffice,
) -> None:
    await office.link(winbooks(), BAKER)

    (row,) = await delivered(office, invoice(SELF_BILLED))

    (finding,) = found_in(row)
    assert list(office.placed().values()) == [SELF_BILLED]
    assert row.status is RowStatus.ACKED
    assert row.verdict is Verdict.INVALID
    assert finding["rule"] == "PEPPOL-EN16931-P0100"
    assert finding["path"] == "/Invoice/cbc:InvoiceTypeCode"


async def test_a_package_may_block_what_is_invalid_until_a_person_releases_it(
    office: AccountantsOffice,
) -> None:
    await office.link(winbooks(blocks_on_fatal=True), BAKER)

    (held,) = await delivered(office, invoice(SELF_BILLED))
    placed_before = office.placed()
    async with office.installed() as installation:
        await ManageDocuments(installation.state).release(Selection((held.key.document_id,)))
    result = await office.sync()
    (row,) = await office.rows()

    assert (held.status, held.verdict) == (RowStatus.HELD, Verdict.INVALID)
    assert held.rule == "PEPPOL-EN16931-P0100"
    assert "PEPPOL-EN16931-P0100" in (held.reason or "")
    assert "Winbooks holds invalid documents" in (held.reason or "")
    assert "389" not in (held.reason or ""), "what is in a document is not for the hub"
    assert placed_before == {}
    assert result.forwarded == 1
    assert list(office.placed().values()) == [SELF_BILLED]
    assert (row.status, row.verdict) == (RowStatus.ACKED, Verdict.INVALID)


async def test_a_package_that_blocks_lets_what_is_valid_pass(office: AccountantsOffice) -> None:
    await office.link(winbooks(blocks_on_fatal=True), BAKER)

    (row,) = await delivered(office, invoice(good_document()))

    assert row.status is RowStatus.ACKED


# -- bank statements --------------------------------------------------------------------------


async def test_a_missing_bank_statement_is_told_until_it_arrives(
    office: AccountantsOffice,
) -> None:
    await office.link(winbooks(), BAKER)

    with_gap = await delivered(office, statement(42), statement(40))
    complete = await delivered(office, statement(41))

    told = [[one["message"] for one in found_in(row)] for row in with_gap]
    assert told[0] == []
    assert told[1][0].startswith("Statement 041 is missing: account BE68539007547034 EUR has 040")
    assert [row.verdict for row in with_gap] == [Verdict.VALID, Verdict.WARNINGS]
    assert [row.verdict for row in complete] == [Verdict.VALID] * 3
    assert len(office.placed()) == 3


# -- the command line -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("validate")
    (folder / "good.xml").write_bytes(good_document())
    (folder / "bad.xml").write_bytes(SELF_BILLED)
    return CommandLine(folder)


def lines(stdout: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_validate_tells_people_what_is_wrong_and_where(command: CommandLine) -> None:
    ended = command.run("validate", "good.xml", "bad.xml", "none.xml")

    good, bad, finding, refused = ended.stdout.splitlines()
    assert ended.code == 1
    assert good.startswith("good.xml: valid (2026/")
    assert bad.startswith("bad.xml: invalid (2026/")
    assert finding == (
        "  fatal PEPPOL-EN16931-P0100 (line 8, /Invoice/cbc:InvoiceTypeCode): This type of invoice"
        " does not exist in Peppol billing. Here this is '389'."
    )
    assert refused == "none.xml: refused. It cannot be read: No such file or directory."
    assert ended.stderr == "3 checked: 1 valid, 1 invalid, 1 refused.\n"


def test_validate_tells_scripts_one_object_a_line(command: CommandLine) -> None:
    ended = command.run("validate", "--json", "good.xml", "bad.xml", "none.xml")

    good, bad, refused = lines(ended.stdout)
    assert (ended.code, ended.stderr) == (1, "")
    assert (good["file"], good["verdict"], good["findings"]) == ("good.xml", "valid", [])
    assert [layer["name"] for layer in good["layers"]] == ["xsd", "en16931", "peppol"]
    assert set(good["layers"][0]) == {"name", "version", "checked", "reason"}
    assert bad["findings"] == [
        {
            "ruleset": "peppol",
            "rule": "PEPPOL-EN16931-P0100",
            "flag": "fatal",
            "path": "/Invoice/cbc:InvoiceTypeCode",
            "line": 8,
            "message": "This type of invoice does not exist in Peppol billing. Here this is '389'.",
        }
    ]
    assert refused == {
        "file": "none.xml",
        "refused": "It cannot be read: No such file or directory.",
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.xml"], 0),
        (["bad.xml", "--rules", "xsd,en16931"], 0),
        (["bad.xml", "--rules", "peppol", "--language", "nl"], 1),
        (["bad.xml", "--no-xsd", "--rules", "xsd"], 0),
        (["."], 1),
        ([], 2),
        (["good.xml", "--rules", "ubl-be"], 2),
        (["good.xml", "--language", "it"], 2),
    ],
    ids=["good", "not asked", "bad", "nothing", "folder", "no file", "rules", "language"],
)
def test_validate_has_three_exit_codes(
    command: CommandLine, arguments: Sequence[str], code: int
) -> None:
    assert command.run("validate", *arguments).code == code


def test_validate_reads_archives_and_standard_input(command: CommandLine) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("inner/bad.xml", SELF_BILLED)
    (command.folder / "all.zip").write_bytes(archive.getvalue())

    zipped = command.run("validate", "--json", "all.zip")
    empty = command.run("validate", "--json", "-")

    assert [line["file"] for line in lines(zipped.stdout)] == ["all.zip/inner/bad.xml"]
    assert lines(empty.stdout)[0]["refused"].startswith("The document is empty")


def test_a_few_lines_of_xml_show_what_one_rule_says(command: CommandLine) -> None:
    fragment = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><a/></Invoice>'
    )
    (command.folder / "fragment.xml").write_text(fragment)

    ended = command.run("validate", "--json", "--no-xsd", "--rules", "peppol", "fragment.xml")

    (line,) = lines(ended.stdout)
    assert "PEPPOL-EN16931-R008" in [finding["rule"] for finding in line["findings"]]


def test_the_rules_in_use_are_listed_and_verified(command: CommandLine) -> None:
    listed = command.run("rules", "list")
    verified = command.run("rules", "verify", "--json")

    assert listed.code == 0
    assert "country-independent rules, own wording" in listed.stdout
    assert [each["origin"] for each in json.loads(verified.stdout)] == ["package", "embedded"]
    assert verified.code == 0


def test_a_rule_file_that_cannot_be_used_is_named_before_anything_is_checked(
    command: CommandLine,
) -> None:
    (command.folder / "rules").mkdir()
    (command.folder / "rules" / "peppol.sch").write_text("<html/>")
    there = {"DOSSIERPOST_RULES_DIR": str(command.folder / "rules")}

    checked = command.run("validate", "good.xml", **there)
    verified = command.run("rules", "verify", **there)

    assert (checked.code, checked.stdout) == (2, "")
    assert "peppol.sch cannot be used" in checked.stderr
    assert "its root is html" in checked.stderr
    assert verified.code == 7
    assert "peppol.sch cannot be used" in verified.stdout


def test_rules_are_fetched_only_by_a_digest_that_is_known(command: CommandLine) -> None:
    ended = command.run("rules", "fetch", "--url", "https://rules.example/peppol.sch")

    assert ended.code == 2
    assert "--url and --sha256 together" in ended.stderr
