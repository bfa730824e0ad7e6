"""A small valid PDF of plain text pages, made without any library.

Source: ISO 32000-1, sections 7.5 (file structure) and 9.6 (the standard fonts).
"""

from collections.abc import Sequence

_LINES_PER_PAGE = 50


def render_pdf(lines: Sequence[str]) -> bytes:
    """One page for every 50 lines; what Latin-1 does not have becomes a question mark."""
    starts = range(0, max(len(lines), 1), _LINES_PER_PAGE)
    pages = [_page_text(lines[start : start + _LINES_PER_PAGE]) for start in starts]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for place, text in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * place)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
    return _file(objects)


def _page_text(lines: Sequence[str]) -> bytes:
    shown = b" ".join(b"(%s) Tj T*" % _escaped(line) for line in lines)
    return b"BT /F1 11 Tf 15 TL 50 790 Td " + shown + b" ET"


def _escaped(line: str) -> bytes:
    text = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return text.encode("latin-1", "replace")


def _file(objects: Sequence[bytes]) -> bytes:
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    position = len(parts[0])
    entries = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, start=1):
        entries.append(b"%010d 00000 n \n" % position)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        position += len(parts[-1])
    size = len(entries)
    parts.append(b"xref\n0 %d\n%s" % (size, b"".join(entries)))
    parts.append(
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, position)
    )
    return b"".join(parts)
