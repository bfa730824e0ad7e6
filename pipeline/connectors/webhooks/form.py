"""What the webhooks of a hub are like, as data."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Algorithm = Literal["sha256", "sha384", "sha512"]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signature:
    """An HMAC of the body in a header, as hexadecimal digits after ``prefix``.

    ``is_of_sorted`` says that the hub may have signed the event with its keys sorted, as Python
    writes JSON, whatever it sent.
    """

    header: str
    algorithm: Algorithm = "sha256"
    prefix: str = ""
    is_of_sorted: bool = False


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """How a hub pushes events.

    Without a ``signature`` the address alone is the secret. ``id`` and ``moment`` are the fields
    of an event that say which it is and when it came about; without an id its bytes are. An event
    that was heard within ``window``, or is older than that, is a replay. ``is_registered`` says
    that the hub is told the address over its API, see `pipeline.ports.webhooks`; to another one a
    person gives it: ``hint`` says where.
    """

    signature: Signature | None = None
    id: str = ""
    moment: str = ""
    window: timedelta = DAY
    is_registered: bool = False
    hint: str = ""
