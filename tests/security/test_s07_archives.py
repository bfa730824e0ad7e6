"""S7: zip archives from strangers cost little, lead nowhere, and never stand for what they hold."""

import stat
import struct
import zipfile
from io import BytesIO

import pytest

from pipeline.app import archives
from pipeline.app.archives import Member, NotReadable, members_of

LIMIT = 4 * 2**20
FLAGS_AT, SIZE_AT = 8, 24
"""Places in an entry of the central directory, which is what counts."""


def packed(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """An archive as it comes from a stranger: every name is written as it is given."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return target.getvalue()


def members(archive: bytes, limit: int = LIMIT) -> list[Member]:
    return list(members_of(BytesIO(archive), limit))


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def changed_entry(archive: bytes, place: int, value: bytes) -> bytes:
    """The archive with other bytes in its first directory entry."""
    start = archive.index(b"PK\x01\x02") + place
    return archive[:start] + value + archive[start + len(value) :]


def test_the_files_of_an_archive_come_one_by_one() -> None:
    archive = packed(("a.xml", b"<a/>"), ("folder/", b""), ("folder/b.xml", b"<b/>"))

    assert members(archive) == [Member("a.xml", b"<a/>"), Member("folder/b.xml", b"<b/>")]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../a.xml", "a/../../b.xml", "a\\b.xml", "C:a.xml", "C:/a.xml"]
)
def test_a_name_that_leads_elsewhere_is_refused_and_the_others_are_read(name: str) -> None:
    first, second = members(packed((name, b"<a/>"), ("b.xml", b"<b/>")))

    assert first.body is None
    assert "name" in (first.refused or "")
    assert second == Member("b.xml", b"<b/>")


@pytest.mark.parametrize(
    "mode",
    [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o600, stat.S_IFIFO | 0o600],
    ids=["link", "device", "pipe"],
)
def test_what_is_no_plain_file_is_refused(mode: int) -> None:
    (member,) = members(packed((entry("a.xml", mode), b"/etc/passwd")))

    assert member.refused == "It is a link or a device."


def test_a_name_is_shown_without_what_a_terminal_would_obey() -> None:
    (member,) = members(packed(("a\x1b[2J\n.xml", b"<a/>")))

    assert member.name == "a?[2J?.xml"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    (member,) = members(packed(("a.xml", b" " * (3 * 2**20))))

    assert "packed more than 200 to one" in (member.refused or "")


def test_a_large_document_that_packs_well_is_read() -> None:
    lines = b"".join(b"<cbc:ID>%d</cbc:ID>\n" % number for number in range(80_000))

    (member,) = members(packed(("a.xml", lines)))

    assert member.body == lines


def test_a_document_over_the_limit_is_refused() -> None:
    (member,) = members(packed(("a.xml", b"<a/>" * 10)), limit=39)

    assert member.refused == "It has more than 39 bytes."


def test_the_sum_of_all_files_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_BYTES", 6)

    found = members(packed(("a.xml", b"<a/>"), ("b.xml", b"<b/>"), ("c", b"<>")))

    assert [member.body for member in found] == [b"<a/>", None, b"<>"]
    assert "more than 6 bytes" in (found[1].refused or "")


def test_an_archive_with_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 2)

    with pytest.raises(NotReadable, match="more than 2 files"):
        members(packed(*((f"{number}.xml", b"<a/>") for number in range(3))))


@pytest.mark.parametrize("claimed", [2, 400], ids=["less", "more"])
def test_a_size_that_is_a_lie_is_found_while_unpacking(claimed: int) -> None:
    archive = packed(("a.xml", b"<a>text</a>"), ("b.xml", b"<b/>"))

    first, second = members(changed_entry(archive, SIZE_AT, struct.pack("<I", claimed)))

    assert (first.body, first.refused) == (None, "It is damaged.")
    assert second.body == b"<b/>"


def test_an_encrypted_file_is_refused() -> None:
    archive = changed_entry(packed(("a.xml", b"<a/>")), FLAGS_AT, struct.pack("<H", 1))

    (member,) = members(archive)

    assert member.refused == "It is encrypted."


@pytest.mark.parametrize("name", ["inner.zip", "inner.xml"])
def test_an_archive_in_an_archive_is_not_opened(name: str) -> None:
    (member,) = members(packed((name, packed(("a.xml", b"<a/>")))))

    assert member.refused == "It is an archive in an archive."


def test_damaged_content_costs_that_file_only() -> None:
    archive = packed(("a.xml", b"<a>some text</a>"), ("b.xml", b"<b/>"))
    place = archive.index(b"a.xml") + len("a.xml")

    first, second = members(archive[:place] + b"\xff\xff" + archive[place + 2 :])

    assert first.refused == "It is damaged."
    assert second.body == b"<b/>"


@pytest.mark.parametrize("cut", [10, 60, -5], ids=["header", "middle", "end"])
def test_a_cut_archive_is_refused(cut: int) -> None:
    with pytest.raises(NotReadable, match="no zip archive that can be read"):
        members(packed(("a.xml", b"<a/>"), ("b.xml", b"<b/>"))[:cut])
