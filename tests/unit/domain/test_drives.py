"""Which locations a service can reach on Windows, and what to write instead."""

import pytest

from pipeline.domain.paths import Drive, DriveKind, Platform, diagnose_location

DRIVES = (
    Drive("D:", DriveKind.LOCAL),
    Drive("c", DriveKind.LOCAL),
    Drive("K", DriveKind.NETWORK, r"\\server\books"),
    Drive("V", DriveKind.NETWORK),
    Drive("X", DriveKind.UNKNOWN),
)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        (r"C:\Winbooks\Data\in", Platform.WINDOWS),
        (r"d:\Books\in", Platform.WINDOWS),
        (r"\\server\books\in", Platform.WINDOWS),
        (r"in\[year]", Platform.WINDOWS),
        ("/srv/books", Platform.POSIX),
    ],
)
def test_local_drives_and_network_paths_are_usable(text: str, platform: Platform) -> None:
    assert diagnose_location(text, platform, DRIVES).is_usable


def test_a_mapped_drive_is_refused_with_its_network_path_and_the_local_drives() -> None:
    diagnosis = diagnose_location(
        r"K:\Winbooks\Data\[accounting_file_id]\inbound", Platform.WINDOWS, DRIVES
    )

    assert not diagnosis.is_usable
    assert diagnosis.suggestion == r"\\server\books\Winbooks\Data\[accounting_file_id]\inbound"
    assert diagnosis.suggestion in diagnosis.problem
    assert "C:, D:" in diagnosis.problem
    assert "mapped for one login" in diagnosis.problem


@pytest.mark.parametrize(
    ("letter", "words"),
    [("V", "mapped for one login"), ("X", "cannot be recognised"), ("Q", "does not exist")],
)
def test_a_drive_without_a_known_network_path_shows_what_one_looks_like(
    letter: str, words: str
) -> None:
    diagnosis = diagnose_location(rf"{letter}:\UBLDocs\x\outbound", Platform.WINDOWS, DRIVES)

    assert diagnosis.suggestion is None
    assert words in diagnosis.problem
    assert r"\\server\share\folder" in diagnosis.problem


def test_a_server_without_local_drives_says_so() -> None:
    assert "none was found" in diagnose_location("C:\\x", Platform.WINDOWS, ()).problem
