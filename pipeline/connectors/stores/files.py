"""A file as a listing saw it, and the document id that names this very file."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import PurePosixPath
from posixpath import splitext
from urllib.parse import quote_from_bytes, unquote_to_bytes

PROCESSED = b"processed"
"""Folder that delivered files are moved to, beside them; exactly so named, it is passed over."""

_HALF_WRITTEN = (b".part", b".filepart", b".tmp")
"""How transfer programs call a file until it is complete."""
_READABLE = " !$&'()+,;=@[]{}"
_TAG_LENGTH = 12
_SECOND_NS = 1_000_000_000


def tag_of(modified_ns: int, size_bytes: int) -> str:
    """What changes when a file is written again."""
    return blake2s(f"{modified_ns}:{size_bytes}".encode()).hexdigest()[:_TAG_LENGTH]


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A file below the folder of a dossier; ordered by age, oldest first.

    ``path`` is relative, with ``/`` between its parts, as bytes: file names need not be text.
    """

    modified_ns: int
    path: bytes
    size_bytes: int

    @property
    def tag(self) -> str:
        """What changes when the file is written again."""
        return tag_of(self.modified_ns, self.size_bytes)

    @property
    def document_id(self) -> str:
        """Path and tag: the same file gives the same id, a later one of that name another."""
        return f"{quote_from_bytes(self.path, safe='/' + _READABLE)}#{self.tag}"

    @property
    def position(self) -> str:
        """Place in the listing; positions compare as the files do."""
        return f"{self.modified_ns:024d}:{self.path.hex()}"

    @property
    def modified_at(self) -> datetime:
        """When the file was written last."""
        return datetime.fromtimestamp(self.modified_ns // _SECOND_NS, UTC)

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders on the way, as text."""
        return tuple(PurePosixPath(as_text(self.path)).parts[:-1])

    @property
    def name(self) -> str:
        """The file's own name, as text."""
        return PurePosixPath(as_text(self.path)).name


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file of a document is, and the tag it has there while it is still the same."""

    folder: str
    path: bytes
    tag: str

    @property
    def kept_name(self) -> bytes:
        """The name it has in `PROCESSED` when an earlier file took its own."""
        stem, suffix = splitext(self.path.rpartition(b"/")[2])
        return stem + b"." + self.tag.encode() + suffix


def place_of(folder: str, document_id: str) -> Place | None:
    """Where the file of an id is to be looked for; None when the id leads out of its folder."""
    encoded, _, tag = document_id.rpartition("#")
    path = unquote_to_bytes(encoded)
    parts = path.split(b"/")
    if b"\0" in path or any(part in (b"", b".", b"..") for part in parts):
        return None
    return Place(folder, path, tag)


def is_passed_over(name: bytes, *, is_folder: bool) -> bool:
    """Whether an entry is never looked at: hidden, half written, or `PROCESSED`."""
    if name.startswith(b"."):
        return True
    return name == PROCESSED if is_folder else name.lower().endswith(_HALF_WRITTEN)


def as_text(name: bytes) -> str:
    """A name for people; what is no text is replaced."""
    return name.decode("utf-8", "replace")
