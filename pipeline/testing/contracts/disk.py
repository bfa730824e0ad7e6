"""What every disk must do; the test of one subclasses `DiskContract`."""

import contextlib
import errno
from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from pipeline.ports.disk import Disk, Folder, NewFile

HOSTILE_NAMES = (
    "a b.xml",
    "é.xml",
    "e\u0301.xml",
    "-rf",
    "CON.xml",
    "x" * 200,
    "名前.xml",
    "a'\"$.xml",
)
REFUSED = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EXDEV})


class Playground(ABC):
    """A folder that the tests may fill as somebody else would, beside the disk under test."""

    root: str

    @abstractmethod
    def make_link(self, name: str, target: str) -> None:
        """Plant a symbolic link in the root; skips the test where there are none."""


class DiskContract:
    """Inherit, and define the fixtures ``disk`` and ``playground``."""

    @pytest.fixture
    def root(self, disk: Disk, playground: Playground) -> Iterator[Folder]:
        with contextlib.closing(disk.open_folder(playground.root)) as folder:
            yield folder

    @pytest.fixture
    def inbox(self, disk: Disk, playground: Playground, root: Folder) -> Iterator[Folder]:
        disk.make_folder(root, "inbox")
        with contextlib.closing(disk.open_folder(playground.root, ["inbox"])) as folder:
            yield folder

    # -- files --------------------------------------------------------------------------------
    @pytest.mark.parametrize("flush", [True, False], ids=["flushed", "unflushed"])
    def test_created_files_have_their_bytes(self, disk: Disk, root: Folder, *, flush: bool) -> None:
        bodies = {f"{number}.xml": b"x" * number for number in (0, 1, 70_000)}

        failed = disk.create(
            root, [NewFile(name, body, root) for name, body in bodies.items()], flush=flush
        )

        assert not failed
        assert {name: disk.read(root, name) for name in bodies} == bodies
        assert {name: disk.size(root, name) for name in bodies} == {
            name: len(body) for name, body in bodies.items()
        }

    def test_a_file_that_exists_is_left_alone_and_the_others_are_created(
        self, disk: Disk, root: Folder
    ) -> None:
        disk.create(root, [NewFile("old", b"old", root)], flush=True)

        failed = disk.create(
            root, [NewFile("old", b"new", root), NewFile("other", b"other", root)], flush=True
        )

        assert failed["old"].errno == errno.EEXIST
        assert failed.keys() == {"old"}
        assert disk.read(root, "old") == b"old"
        assert disk.read(root, "other") == b"other"

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_hostile_names_are_names(self, disk: Disk, root: Folder, name: str) -> None:
        disk.create(root, [NewFile(name, b"x", root)], flush=True)

        assert name in disk.names(root)

    def test_appending_creates_and_grows(self, disk: Disk, root: Folder) -> None:
        assert disk.append(root, "log", b"one\n") == 4
        assert disk.append(root, "log", b"two\n") == 8
        assert disk.read(root, "log") == b"one\ntwo\n"

    def test_a_part_of_a_file_can_be_read(self, disk: Disk, root: Folder) -> None:
        disk.create(root, [NewFile("file", b"0123456789", root)], flush=False)

        assert disk.read(root, "file", 3, 4) == b"3456"
        assert disk.read(root, "file", 8) == b"89"
        assert disk.read(root, "file", 20, 4) == b""

    def test_removing_what_is_not_there_is_good(self, disk: Disk, root: Folder) -> None:
        disk.create(root, [NewFile("file", b"x", root)], flush=False)

        disk.remove(root, "file")
        disk.remove(root, "file")

        assert disk.size(root, "file") is None

    def test_reading_what_is_not_there_fails(self, disk: Disk, root: Folder) -> None:
        with pytest.raises(FileNotFoundError):
            disk.read(root, "missing")

    # -- moves --------------------------------------------------------------------------------
    def test_a_move_keeps_the_bytes_and_takes_the_old_name_away(
        self, disk: Disk, root: Folder, inbox: Folder
    ) -> None:
        disk.create(root, [NewFile("token", b"bytes", inbox)], flush=True)

        disk.move(root, "token", inbox, "invoice.xml")

        assert disk.size(root, "token") is None
        assert disk.read(inbox, "invoice.xml") == b"bytes"

    def test_a_move_never_replaces(self, disk: Disk, root: Folder, inbox: Folder) -> None:
        disk.create(root, [NewFile("token", b"new", inbox)], flush=True)
        disk.create(inbox, [NewFile("invoice.xml", b"old", inbox)], flush=True)

        with pytest.raises(FileExistsError):
            disk.move(root, "token", inbox, "invoice.xml")

        assert disk.read(inbox, "invoice.xml") == b"old"
        assert disk.read(root, "token") == b"new"

    def test_only_one_move_of_a_file_succeeds(
        self, disk: Disk, root: Folder, inbox: Folder
    ) -> None:
        disk.create(root, [NewFile("token", b"x", inbox)], flush=True)
        disk.move(root, "token", inbox, "a.xml")

        with pytest.raises(FileNotFoundError):
            disk.move(root, "token", inbox, "b.xml")

        assert list(disk.names(inbox)) == ["a.xml"]

    # -- folders ------------------------------------------------------------------------------
    def test_a_folder_that_exists_can_be_made_again(
        self, disk: Disk, playground: Playground, root: Folder
    ) -> None:
        disk.make_folder(root, "folder")
        disk.make_folder(root, "folder")

        disk.open_folder(playground.root, ["folder"]).close()

    def test_a_missing_folder_is_said_to_be_missing(
        self, disk: Disk, playground: Playground, root: Folder
    ) -> None:
        for given in (playground.root, root):
            with pytest.raises(FileNotFoundError):
                disk.open_folder(given, ["missing"])

    def test_folders_are_the_same_below_a_root_that_is_open(
        self, disk: Disk, root: Folder, inbox: Folder
    ) -> None:
        disk.create(inbox, [NewFile("file", b"x", inbox)], flush=True)

        with (
            contextlib.closing(disk.open_folder(root)) as again,
            contextlib.closing(disk.open_folder(root, ["inbox"])) as below,
        ):
            assert list(disk.names(again)) == ["inbox"]
            assert list(disk.names(below)) == ["file"]
            assert (again.path, below.path) == (root.path, inbox.path)

    @pytest.mark.parametrize(
        "parts",
        [["..", "x"], ["inbox", "..", ".."], ["/etc"], ["a/../../b"], ["."], [""]],
        ids=["parent", "parent inside", "absolute", "separator", "dot", "empty"],
    )
    @pytest.mark.usefixtures("inbox")
    def test_no_part_leads_out_of_the_root(
        self, disk: Disk, playground: Playground, root: Folder, parts: list[str]
    ) -> None:
        for given in (playground.root, root):
            with pytest.raises(OSError) as refused:  # noqa: PT011 - the errno is looked at
                disk.open_folder(given, parts)

            assert refused.value.errno in REFUSED

    def test_links_are_not_followed(self, disk: Disk, playground: Playground, root: Folder) -> None:
        playground.make_link("link", playground.root)

        for given in (playground.root, root):
            with pytest.raises(OSError) as refused:  # noqa: PT011 - the errno is looked at
                disk.open_folder(given, ["link"])

            assert refused.value.errno in REFUSED
        assert disk.size(root, "link") is None
        with pytest.raises(OSError):  # noqa: PT011 - any refusal will do
            disk.read(root, "link")

    def test_an_open_folder_is_the_same_whatever_its_name_becomes(
        self, disk: Disk, playground: Playground, root: Folder, inbox: Folder
    ) -> None:
        disk.move(root, "inbox", root, "moved away")
        playground.make_link("inbox", playground.root)

        disk.create(inbox, [NewFile("file", b"x", inbox)], flush=True)

        with contextlib.closing(disk.open_folder(playground.root, ["moved away"])) as moved:
            assert list(disk.names(moved)) == ["file"]
        assert "file" not in disk.names(root)

    # -- the rest -----------------------------------------------------------------------------
    def test_flushes_are_accepted(self, disk: Disk, root: Folder) -> None:
        disk.flush_folder(root)
        disk.flush_volume(root)

    def test_a_lock_is_held_by_one(self, disk: Disk, root: Folder) -> None:
        lock = disk.lock(root, "lock")
        assert lock is not None

        assert disk.lock(root, "lock") is None
        lock.release()
        lock.release()
        again = disk.lock(root, "lock")

        assert again is not None
        again.release()

    def test_the_volume_is_known(self, disk: Disk, root: Folder, inbox: Folder) -> None:
        assert disk.volume(root).kind
        assert disk.is_same_volume(root, inbox)
        assert disk.free_bytes(root) > 0
        assert disk.is_writable(inbox)

    def test_the_start_of_the_machine_has_an_identity(self, disk: Disk) -> None:
        assert disk.boot_id() == disk.boot_id() != ""
        assert disk.account()
