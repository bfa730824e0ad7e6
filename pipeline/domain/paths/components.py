"""Text from anywhere becomes one safe path component; paths become comparable keys.

Names come from hubs and from documents that any supplier in the world may write. Nothing they
contain may choose a folder, a device, an alternate stream or a hidden file.
"""

import re
import unicodedata
from functools import lru_cache

VALUE_BYTES = 80
"""Cap of one value; leaves room for literals beside it in the 255 bytes of a component."""

FORBIDDEN = frozenset('<>:"/\\|?*')
"""Characters that no Windows file system takes in a name; ``/`` also separates on POSIX."""

RESERVED_STEMS = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"}
    | {f"{device}{digit}" for device in ("COM", "LPT") for digit in range(10)}
)
"""Names that Windows opens as devices, whatever extension follows."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SPACES = re.compile(r" {2,}")
_DOTS = re.compile(r"\.{2,}")
_WORD = re.compile(r"[A-Za-z0-9]+")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""Text in which nothing is to be cleaned, as most names are."""


def safe_component(text: str, max_bytes: int = VALUE_BYTES) -> str:
    """Return one path component that is safe on every platform, close to ``text``.

    Never empty, never ``.`` or ``..``; no separator, control or invisible character; no space or
    dot at either end; no device name; at most ``max_bytes`` UTF-8 bytes and as many UTF-16 units;
    and a second pass changes nothing. The order of the steps matters: a prefix that is added after
    the cut would make a name that the next pass cuts again.
    """
    if not _PLAIN.fullmatch(text):
        text = _cleaned(text)
    if is_device_name(text):
        text = f"_{text}"
    return _cut(text, max_bytes).rstrip(" .") or "_"


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFKC", _SURROGATES.sub("\ufffd", text))
    text = unicodedata.normalize("NFC", "".join(map(_harmless, text)))
    text = _DOTS.sub(".", _SPACES.sub(" ", text)).strip(" .")
    return f"_{text[1:]}" if text[:1] in {"~", "-"} else text


def is_device_name(component: str) -> bool:
    """Whether Windows would open ``component`` as a device such as ``NUL`` or ``com1.xml``."""
    return component.split(".", 1)[0].rstrip(" ").upper() in RESERVED_STEMS


def utf16_units(text: str) -> int:
    """Length of ``text`` as Windows counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=1024)
def folder_key(path: str) -> str:
    """Return the key under which two spellings of one folder are equal.

    Case, Unicode composition, kind of separator, doubled and trailing separators do not count, on
    any platform: a folder that could be the same somewhere is treated as the same everywhere.
    """
    unified = path.replace("\\", "/")
    share = "/" if unified.startswith("//") else ""
    return share + _fold(re.sub(r"/{2,}", "/", unified).rstrip("/") or "/")


def name_key(folder: str, name: str) -> str:
    """Return the key under which a file name in a folder is reserved."""
    return f"{folder_key(folder)}/{_fold(name)}"


def slug(text: str, length: int) -> str:
    """Return ASCII letters, digits and hyphens of ``text``, at most ``length``; may be empty."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "-".join(_WORD.findall(text))[:length].rstrip("-")


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category[0] == "C" or category in {"Zl", "Zp"} or character in FORBIDDEN:
        return "_"
    return character


def _cut(text: str, max_bytes: int) -> str:
    """Drop characters from the end; UTF-16 never needs more units than UTF-8 needs bytes."""
    encoded = text.encode("utf-8")
    if len(encoded) <= max_bytes:
        return text
    return encoded[:max_bytes].decode("utf-8", "ignore")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
