"""The file system of a folder is that of the innermost, last mount above it."""

from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite.mounts import network_file_system

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:40 / /srv/share rw,relatime shared:7 master:1 - nfs4 server:/x rw,vers=4.2
37 36 8:1 / /srv/share/local rw - ext4 /dev/sdb1 rw
38 22 0:41 / /srv/with\040space rw - cifs //server/books rw
39 22 0:42 / /srv/twice rw - nfs server:/y rw
40 22 8:2 / /srv/twice rw - xfs /dev/sdc1 rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS.lstrip())
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/share/state", "nfs4"),
        ("/srv/share", "nfs4"),
        ("/srv/shared", None),
        ("/srv/share/local/state", None),
        ("/srv/with space/state", "cifs"),
        ("/srv/twice/state", None),
        ("/var/lib", None),
    ],
)
def test_a_network_file_system_is_recognised(mounts: Path, folder: str, kind: str | None) -> None:
    assert network_file_system(Path(folder), mounts=mounts) == kind


def test_without_a_list_of_mounts_nothing_is_refused(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, mounts=tmp_path / "none") is None


def test_a_local_folder_is_local_on_this_machine(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
