"""An office that has nothing new costs next to nothing."""

import os
import sys
from pathlib import Path

import pytest

from pipeline.app.service import sync_once
from pipeline.domain.documents import DocumentKind
from tests.acceptance.office import AccountantsOffice, customer, document_of, winbooks

BAKER = customer(1)
RULES = """\
<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <pattern>
    <rule context="*"><assert id="EVER" flag="fatal" test="true()">Holds.</assert></rule>
  </pattern>
</schema>
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")


@linux_only
async def test_nothing_that_checks_documents_runs_before_there_is_a_document(
    office: AccountantsOffice,
) -> None:
    rules = office.folder / "rules"
    rules.mkdir()
    for name in ("en16931", "peppol"):
        (rules / f"{name}.sch").write_text(RULES)
    office.settings_of_this_test = {
        "DOSSIERPOST_RULES_DIR": str(rules),
        "DOSSIERPOST_CACHE_DIR": str(office.folder / "cache"),
        "DOSSIERPOST_VALIDATE_WORKERS": "1",
    }
    (office.books / "winbooks").mkdir()
    await office.link(winbooks(), BAKER)
    before = processes()

    async with office.installed():
        at_the_first_start = processes() - before  # sees that the rules can be used
    async with office.installed() as installation:
        await sync_once(installation)
        with_nothing_to_do = processes() - before
    await office.receive(document_of(BAKER, DocumentKind.PURCHASE_INVOICE))
    async with office.installed() as installation:
        result = await sync_once(installation)
        with_a_document = processes() - before

    assert (len(at_the_first_start), len(with_nothing_to_do), len(with_a_document)) == (1, 0, 1)
    assert result.forwarded == 1


def processes() -> set[str]:
    """Those that this process has started and that still run."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}
