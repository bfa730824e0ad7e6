from pipeline.connectors.disks.windows.drives import find_drives
from pipeline.domain.paths import Drive, DriveKind, Platform, diagnose_location


class RecordedTable:
    """C: fixed, D: fixed, E: optical, K: mapped, as Windows reported them."""

    def mask(self) -> int:
        return 0b100_0001_1100

    def kind(self, letter: str) -> int:
        return {"C": 3, "D": 3, "E": 5, "K": 4}[letter]

    def share(self, letter: str) -> str | None:
        return r"\\server\data" if letter == "K" else None


def test_drives_are_local_mapped_or_of_a_kind_that_may_be_missing_tomorrow() -> None:
    assert find_drives(RecordedTable()) == [
        Drive("C", DriveKind.LOCAL),
        Drive("D", DriveKind.LOCAL),
        Drive("E", DriveKind.UNKNOWN),
        Drive("K", DriveKind.NETWORK, r"\\server\data"),
    ]


def test_a_mapped_drive_is_diagnosed_with_its_network_path_and_the_local_drives() -> None:
    """A3: you must find the main location on the server; which disc letters are local."""
    location = r"K:\Winbooks\Data\[accounting_file_id]\inbound"

    found = diagnose_location(location, Platform.WINDOWS, find_drives(RecordedTable()))

    assert not found.is_usable
    assert found.suggestion == r"\\server\data\Winbooks\Data\[accounting_file_id]\inbound"
    assert "C:, D:" in found.problem
