"""Zip archives from strangers: what is in them, read in memory and never written anywhere."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_MOST_MEMBERS = 10_000
_MOST_BYTES = 2**30
_MOST_RATIO = 200
_RATIO_FROM_BYTES = 2**20
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, or why it is not looked at: one of ``body`` and ``refused``."""

    name: str
    body: bytes | None = field(default=None, repr=False)
    refused: str | None = None


class NotReadable(Exception):
    """The archive as a whole cannot be read, or holds too much."""


def is_archive(start: bytes) -> bool:
    """Whether a file begins as a zip archive does."""
    return start.startswith(_STARTS)


def members_of(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    """The files of an archive, each at most ``max_bytes``; raises `NotReadable`.

    Ten thousand files and a gigabyte are the most, whatever the archive claims; an archive in the
    archive is not opened.
    """
    try:
        with zipfile.ZipFile(file) as opened:
            yield from _unpacked(opened, max_bytes)
    except _DAMAGE as error:
        raise NotReadable(f"It is no zip archive that can be read: {error}.") from error


def _unpacked(opened: zipfile.ZipFile, max_bytes: int) -> Iterator[Member]:
    files = [each for each in opened.infolist() if not each.is_dir()]
    if len(files) > _MOST_MEMBERS:
        raise NotReadable(f"It holds more than {_MOST_MEMBERS} files.")
    left = _MOST_BYTES
    for each in files:
        name = _printable(each.filename)
        refused = next(_objections(each, max_bytes, left), None)
        if refused is not None:
            yield Member(name, refused=refused)
            continue
        body = _content(opened, each, max_bytes)
        left -= len(body or b"")
        if body is None:
            yield Member(name, refused="It is damaged.")
        elif is_archive(body):
            yield Member(name, refused="It is an archive in an archive.")
        else:
            yield Member(name, body)


def _objections(each: zipfile.ZipInfo, max_bytes: int, left: int) -> Iterator[str]:
    path = PurePosixPath(each.filename)
    if "\\" in each.filename or ":" in each.filename[:2] or path.is_absolute():
        yield "Its name is no name in an archive."
    if ".." in path.parts:
        yield "Its name leads out of the archive."
    if stat.S_IFMT(each.external_attr >> 16) not in (0, stat.S_IFREG):
        yield "It is a link or a device."
    if each.flag_bits & _ENCRYPTED:
        yield "It is encrypted."
    if each.file_size > max_bytes:
        yield f"It has more than {max_bytes} bytes."
    if each.file_size > left:
        yield f"The archive holds more than {_MOST_BYTES} bytes."
    if each.file_size > max(_MOST_RATIO * each.compress_size, _RATIO_FROM_BYTES):
        yield f"It was packed more than {_MOST_RATIO} to one, as no document is."


def _content(opened: zipfile.ZipFile, each: zipfile.ZipInfo, max_bytes: int) -> bytes | None:
    """The bytes as counted while unpacking, None when they are not what the archive says."""
    try:
        with opened.open(each) as file:
            body = file.read(max_bytes + 1)
    except _DAMAGE:
        return None
    return body if len(body) == each.file_size else None


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)
