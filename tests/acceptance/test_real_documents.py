"""Documents that nobody here wrote, from a folder as hub into the books of two dossiers."""

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.app.installation import open_installation
from pipeline.app.service import sync_once
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.settings import Settings

SHARED = Path(os.environ.get("DOSSIERPOST_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLES = SHARED / "samples"
LOCATIONS = {
    "purchase_invoices": "books/[accounting_file_id]/purchase",
    "bank_statements": "books/[accounting_file_id]/coda",
}
BROKEN_TOTALS = {
    "sample2.cod": "coda-balance",
    **{f"sample{number}.cod": "coda-count" for number in (3, 4, 5, 6, 7, 9)},
}
"""Statements that their authors anonymised without correcting the control totals."""

THE_SAME = (
    {
        "UBLBE_BE0000000196_V01-15000001.xml",
        "UBLBE_BE0000000196_V01-15000001_-_DocumentStatusCode_Converted.xml",
        "UBLBE_BE0000000196_V01-15000001_Full.xml",
    },
    {"sample10.cod", "sample11.cod"},
)
"""Variants of one invoice, and two files with one statement: one of each comes first."""

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"REAL DOCUMENTS NOT CHECKED: there is no folder {SAMPLES}"
)


@needs_samples
async def test_every_real_document_is_in_its_folder_or_error_with_a_true_reason(
    tmp_path: Path,
) -> None:
    fill_folders(tmp_path / "in")
    (tmp_path / "root" / "books").mkdir(parents=True)
    settings = Settings.load(
        {
            "DOSSIERPOST_HUB_FOLDER": str(tmp_path / "in"),
            "DOSSIERPOST_STATE_DIR": str(tmp_path / "state"),
            "DOSSIERPOST_ROOT": str(tmp_path / "root"),
        }
    )

    async with open_installation(settings) as installation:
        result = await sync_once(installation)
        rows = await installation.state.rows()

    assert (result.listed, result.forwarded, result.errors, result.held) == (47, 37, 7, 3)
    assert {name_of(row): row.rule for row in rows if row.status is RowStatus.ERROR} == (
        BROKEN_TOTALS
    )
    held = {name_of(row): row.rule for row in rows if row.status is RowStatus.HELD}
    assert set(held.values()) == {"duplicate"}
    assert [len(group - held.keys()) for group in THE_SAME] == [1, 1]
    placed = sorted(
        path.read_bytes()
        for path in (tmp_path / "root" / "books").rglob("*")
        if path.is_file() and ".dossierpost" not in path.parts
    )
    assert placed == sorted(
        path.read_bytes()
        for path in originals()
        if path.name not in BROKEN_TOTALS.keys() | held.keys()
    )


def originals() -> list[Path]:
    return [*(SAMPLES / "ubl-be").glob("*.xml"), *(SAMPLES / "coda").glob("*.cod")]


def name_of(row: DocumentRow) -> str:
    return row.file_name or ""


def fill_folders(root: Path) -> None:
    """Two dossiers: the invoices of one, the statements of the other, an hour old."""
    for dossier in ("invoices", "statements"):
        (root / dossier).mkdir(parents=True)
    for path in originals():
        dossier = "invoices" if path.suffix == ".xml" else "statements"
        copied = Path(shutil.copyfile(path, root / dossier / path.name))
        hour_ago = path.stat().st_mtime - 3600
        os.utime(copied, (hour_ago, hour_ago))
    (root / "dossiers.json").write_text(
        json.dumps(
            {
                "packages": [{"id": "p", "name": "Winbooks", "locations": LOCATIONS}],
                "dossiers": [
                    {
                        "folder": folder,
                        "enterprise_name": f"The {folder} company",
                        "accounting_file_id": f"00{number}",
                        "package": "p",
                    }
                    for number, folder in enumerate(("invoices", "statements"), start=1)
                ],
            }
        )
    )
