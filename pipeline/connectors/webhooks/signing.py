"""Whether an event is signed with the secret that the hub gave for its webhook."""

import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

from pipeline.connectors.webhooks.form import Signature
from pipeline.connectors.webhooks.reading import read_event
from pipeline.ports.credentials import Secret


def is_signed(
    signature: Signature, secret: Secret | None, headers: Mapping[str, str], body: bytes
) -> bool:
    """Compare in constant time; names of ``headers`` are in lower case. No secret, no signature."""
    if secret is None or not secret.reveal():
        return False
    given = headers.get(signature.header.lower(), "").encode("utf-8", "surrogateescape")
    key = secret.reveal().encode()
    expected = (
        f"{signature.prefix}{hmac.new(key, signed, signature.algorithm).hexdigest()}".encode()
        for signed in _signed_forms(signature, body)
    )
    return any(hmac.compare_digest(given, each) for each in expected)


def _signed_forms(signature: Signature, body: bytes) -> Iterator[bytes]:
    yield body
    if signature.is_of_sorted and (event := read_event(body)):
        with suppress(RecursionError):  # Python writes less depth than it reads
            yield json.dumps(event, sort_keys=True).encode()
