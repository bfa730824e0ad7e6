"""What the scanner tells of a document, and what expat and libxml2 say to the same bytes."""

import ctypes
import os
import pyexpat
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from lxml import etree

from tests.native.build import CHECKED, SANITIZE, SOURCES, STRICT, VALUES, compiler

Event = tuple[str, str] | tuple[str, str, str, int, tuple[tuple[str, str], ...]]
"""A kind with a text; of an element its name, its namespace, its line, and its attributes."""
Events = Sequence[Event]
Scanned = Callable[[bytes], Events | None]
Edit = tuple[str, str, str]
"""A file, and what to write in the place of what is in it."""

_REFUSED = ctypes.c_size_t(-1).value


def scanner(*edits: Edit) -> Scanned:
    """What reads documents with the sources, after some ``edits``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in SOURCES.glob("*.[ch]"):
            (folder / source.name).write_bytes(source.read_bytes())
        for file, old, new in edits:
            text = (folder / file).read_text()
            assert text.count(old) == 1, (file, old)
            (folder / file).write_text(text.replace(old, new))
        library = ctypes.CDLL(str(_compiled(folder)))
    library.scanned.restype = ctypes.c_size_t
    return lambda body: _read(library, body)


@lru_cache(maxsize=1)
def real_scanner() -> Scanned:
    """The one that is used, compiled once in a process."""
    return scanner()


def _compiled(folder: Path) -> Path:
    target = folder / "scanned.so"
    names = [*VALUES, "names", "vector", *(path.stem for path in folder.glob("scan*.c"))]
    files = [Path(__file__).with_name("scanned.c"), *(folder / f"{name}.c" for name in names)]
    flags = CHECKED if os.environ.get(SANITIZE) else ("-O1",)
    command = [compiler(), *STRICT, *flags, f"-I{folder}", "-fPIC", "-shared", "-o", str(target)]
    subprocess.run([*command, *map(str, files), "-lm"], check=True)
    return target


def _read(library: ctypes.CDLL, body: bytes) -> Events | None:
    # Of its very size and without a byte behind it, so that a step over its end is seen.
    data = (ctypes.c_char * len(body)).from_buffer_copy(body)
    room = 40 * len(body) + 4096
    found = ctypes.create_string_buffer(room)
    size = library.scanned(data, ctypes.c_size_t(len(body)), found, ctypes.c_size_t(room))
    return None if size == _REFUSED else _merged(_events(_pieces(found.raw[:size])))


def _pieces(found: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(found):
        size = int.from_bytes(found[at + 1 : at + 5], "little")
        yield chr(found[at]), found[at + 5 : at + 5 + size]
        at += 5 + size


def _events(pieces: Iterable[tuple[str, bytes]]) -> Iterator[Event]:
    rest = [*pieces, (">", b"")]
    at = 0
    while at < len(rest) - 1:
        kind, text = rest[at]
        at += 1
        if kind != "<":
            yield kind, text.decode(errors="surrogateescape")
            continue
        uri, line = (
            rest[at][1].decode(errors="surrogateescape"),
            int.from_bytes(rest[at + 1][1], "little") + 1,
        )
        at += 2
        attributes = []
        while rest[at][0] == "@":
            name, value = (piece[1].decode(errors="surrogateescape") for piece in rest[at : at + 2])
            attributes.append((name, value))
            at += 2
        yield kind, text.decode(errors="surrogateescape"), uri, line, tuple(sorted(attributes))


def _merged(events: Iterable[Event]) -> Events:
    """Pieces of text as one, for nobody promises where they are cut."""
    merged: list[Event] = []
    for kind, group in groupby(events, key=lambda event: event[0]):
        if kind != "T":
            merged += group
        elif text := "".join(event[1] for event in group):
            merged.append((kind, text))
    return merged


def expected(body: bytes) -> Events | None:
    """The events as expat tells them; None for what it, or libxml2, does not read."""
    names = _namespaces(body)
    if names is None or not _libxml2_reads(body):
        return None
    found: list[Event] = []
    parser = pyexpat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        given = tuple(sorted(attributes.items()))
        found.append(("<", name, next(uris), parser.CurrentLineNumber, given))

    uris = iter(names)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: found.append((">", ""))
    parser.CharacterDataHandler = lambda text: found.append(("T", text))
    parser.CommentHandler = lambda _text: found.append(("!", ""))
    parser.ProcessingInstructionHandler = lambda target, _text: found.append(("?", target))
    parser.Parse(body, True)
    return _merged(found)


def _namespaces(body: bytes) -> list[str] | None:
    """Those of all elements, in their order."""
    found: list[str] = []
    parser = pyexpat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _given: found.append(name.rpartition(" ")[0])
    try:
        parser.Parse(body, True)
    except (pyexpat.ExpatError, LookupError, ValueError):
        return None
    return found


def _libxml2_reads(body: bytes) -> bool:
    """Whether it is well-formed: namespaces that are no URIs are for the structure to refuse."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        errors = parser.error_log.filter_from_errors()
        return bool(errors[0].type_name == "WAR_NS_URI")  # those that follow come of it
    return True
