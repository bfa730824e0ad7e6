import errno
from dataclasses import replace

import pytest

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import HubUnavailable
from pipeline.domain.paths import Drive, DriveKind, Platform
from pipeline.testing.memory_hub import MemoryHub
from pipeline.testing.script import Operation
from pipeline.testing.sim_disk import SimDisk
from pipeline.testing.sim_volume import SimVolume
from pipeline.usecases.check_setup import CheckFinding, CheckReport, CheckSetup, Level

PURCHASE = Location.PURCHASE_INVOICES


def dossier(number: int, template: str = "/books/[accounting_file_id]") -> Dossier:
    package = AccountingPackage(f"p-{template}", "Winbooks", {PURCHASE: template})
    return Dossier(
        "memory", f"d{number}", f"Bakery {number}", accounting_file_id=str(number), package=package
    )


class Bench:
    """A hub with dossiers and a disk with one folder."""

    def __init__(self, *dossiers: Dossier) -> None:
        self.hub = MemoryHub(dossiers=dossiers)
        self.volume = SimVolume()
        self.volume.make_folders("/books")
        self.refuses: OSError | None = None
        self.platform = Platform.POSIX
        self.drives: tuple[Drive, ...] = ()
        self.root: str | None = None

    def step(self, call: str, _name: str) -> None:
        if self.refuses is not None and call == "create":
            raise self.refuses

    async def report(self) -> CheckReport:
        return await CheckSetup(
            hubs={"memory": self.hub},
            disk=SimDisk(self.volume, self.step),
            platform=self.platform,
            root=self.root,
            min_free_bytes=0,
            drives=self.drives,
        )()


def about(report: CheckReport, subject: str) -> CheckFinding:
    return next(each for each in report.findings if each.subject == subject)


async def test_a_good_set_up_has_no_problem_and_leaves_nothing_behind() -> None:
    bench = Bench(dossier(1), dossier(2))

    report = await bench.report()

    assert report.is_good
    assert about(report, "dossiers of memory").text.startswith("2 dossiers, 2 of them linked")
    assert about(report, "folder /books").level is Level.GOOD
    assert SimDisk(bench.volume).names(SimDisk(bench.volume).open_folder("/books")) == []


async def test_a_folder_that_is_missing_says_what_to_do() -> None:
    report = await Bench(dossier(1, "/gone/[accounting_file_id]")).report()

    assert not report.is_good
    assert "Create it" in about(report, "folder /gone").text


async def test_a_folder_that_will_be_made_below_the_root_is_no_problem() -> None:
    bench = Bench(dossier(1, "winbooks/[accounting_file_id]"))
    bench.root = "/books"

    finding = about(await bench.report(), "folder /books/winbooks")

    assert finding.level is Level.WARNING
    assert finding.text.startswith("does not exist yet; `run` makes it")


async def test_a_missing_folder_beside_the_root_stays_a_problem() -> None:
    bench = Bench(dossier(1, "/bookshelf/[accounting_file_id]"))
    bench.root = "/books"

    assert about(await bench.report(), "folder /bookshelf").level is Level.PROBLEM


async def test_a_folder_that_refuses_writing_says_what_to_grant() -> None:
    bench = Bench(dossier(1))
    bench.refuses = PermissionError(errno.EACCES, "Permission denied")

    report = await bench.report()

    assert "write rights" in about(report, "folder /books").text


async def test_a_location_that_cannot_be_used_names_its_package() -> None:
    report = await Bench(dossier(1, "relative/[accounting_file_id]")).report()

    finding = about(report, "purchase invoices of Winbooks")
    assert finding.level is Level.PROBLEM
    assert "DOSSIERPOST_ROOT" in finding.text


async def test_a_mapped_drive_is_told_with_the_drives_that_would_do() -> None:
    bench = Bench(dossier(1, r"K:\Winbooks\Data\[accounting_file_id]"))
    bench.platform = Platform.WINDOWS
    bench.drives = (
        Drive("C", DriveKind.LOCAL),
        Drive("K", DriveKind.NETWORK, unc=r"\\server\data"),
    )

    report = await bench.report()

    finding = about(report, "purchase invoices of Winbooks")
    assert r"\\server\data\Winbooks\Data" in finding.text
    assert "C:" in finding.text


async def test_a_dossier_without_the_number_its_folder_needs_is_named() -> None:
    report = await Bench(replace(dossier(1), accounting_file_id="")).report()

    assert "Bakery 1" in about(report, "dossier d1").text


async def test_two_dossiers_that_would_share_a_folder_are_both_named() -> None:
    report = await Bench(dossier(1), replace(dossier(2), accounting_file_id="1")).report()

    text = about(report, "shared folder").text
    assert "memory/d1" in text
    assert "memory/d2" in text


async def test_many_dossiers_with_a_problem_are_counted_not_listed() -> None:
    dossiers = [replace(dossier(number), accounting_file_id="") for number in range(50)]

    report = await Bench(*dossiers).report()

    assert about(report, "dossiers").text.startswith("30 more")


async def test_a_hub_that_breaks_off_its_list_is_a_problem_and_the_rest_is_checked() -> None:
    bench = Bench(dossier(1))
    bench.hub.script.fail(Operation.TENANTS, HubUnavailable("The hub broke off."))

    report = await bench.report()

    assert not report.is_good
    assert any(each.text == "The hub broke off." for each in report.findings)


@pytest.mark.parametrize("sharing", [False, True], ids=["alone", "shared"])
async def test_sharing_a_folder_may_be_asked_for(*, sharing: bool) -> None:
    first = dossier(1)
    assert first.package is not None
    package = replace(first.package, shares_folders=sharing)
    same = replace(dossier(2), accounting_file_id="1", package=package)

    report = await Bench(replace(first, package=package), same).report()

    assert report.is_good is sharing
