"""Attachments out of the encoding that they travelled in; decoded once, then never touched."""

import binascii
import quopri

_SLACK = 1024
_GROWTH = {"base64": 1.5, "quoted-printable": 3.3}
"""How much longer an encoding makes, line ends of all kinds included."""


class DamagedEncoding(ValueError):
    """An attachment is not encoded as its message says."""


def decoded(body: bytes, encoding: str) -> bytes:
    """The bytes of an attachment.

    Raises:
        DamagedEncoding: they cannot be had.
    """
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error as error:
            raise DamagedEncoding(str(error)) from error
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding in ("", "7bit", "8bit", "binary"):
        return body
    raise DamagedEncoding(f"its encoding {encoding[:40]!r} is not known")


def start_of(body: bytes, encoding: str) -> bytes:
    """What can be decoded of the start of an attachment."""
    if encoding == "base64":
        clean = b"".join(body.split())
        body = clean[: len(clean) - len(clean) % 4]
    try:
        return decoded(body, encoding)
    except DamagedEncoding:
        return b""


def most_octets(size: int, encoding: str) -> int:
    """How long an attachment of ``size`` bytes can be on its way."""
    return int(size * _GROWTH.get(encoding, 1.0)) + _SLACK
