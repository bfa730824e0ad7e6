"""What a queue hub is, as data: its calls, where its answers keep what, its limits.

A path such as ``errors.root.0`` leads through objects by name and through arrays by number; the
empty path is the answer itself. A call may hold ``{name}`` where a value belongs: ``{company}``
(the id of the dossier), ``{id}`` and ``{ids}`` (documents), ``{page}``, ``{size}``, ``{since}``,
``{url}`` (where to push events to).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.ports import hub
from pipeline.ports.hub import (
    Acknowledgement,
    Consumption,
    HubCapabilities,
    Redelivery,
    Window,
)

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """A request; ``path`` is below the hub's base address.

    A parameter of ``query`` whose value is not known is left out. ``body`` is sent as JSON.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None

    def asks_for(self, name: str) -> bool:
        """Whether a value belongs into the path or the query."""
        mark = f"{{{name}}}"
        return mark in self.path or mark in self.query.values()


class Paging(enum.StrEnum):
    """How a hub gives its unhandled documents."""

    WHOLE = "whole"
    """All in one answer, however many they are."""
    PAGES = "pages"
    """Pages by number, which shift while documents are handled."""
    FIRST = "first"
    """The first ``size`` only; a larger ``size`` sees further."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Where an item of a listing says what; an empty path means that it does not.

    ``tenants`` are the fields that may name the dossier, for hubs that list those of all.
    ``only`` are the values a field must have, in lower case, for the item to be ours, unless the
    hub leaves the field out.
    """

    id: str
    received: str = ""
    type: str = ""
    tenants: tuple[str, ...] = ()
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """The unhandled documents; ``pages`` leads to the number of pages, where the hub tells it."""

    call: Call
    items: str
    fields: Fields
    paging: Paging = Paging.WHOLE
    size: int = 100
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a listing does not say of a document, one call for each."""

    call: Call
    fields: Fields


class Encoding(enum.StrEnum):
    """How an answer holds the bytes of a document."""

    RAW = "raw"
    TEXT = "text"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Content:
    """The body of one document, whatever its status; ``field`` leads to it, unless it is raw.

    ``factor`` is how many times larger than the document its answer may be.
    """

    call: Call
    encoding: Encoding
    field: str = ""
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Taking:
    """The acknowledgement; ``already`` are phrases, in lower case, that say it was made before."""

    call: Call
    batch: int = 1
    already: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Errors:
    """Where a refusal says why; ``passing`` are the codes of faults that pass by themselves.

    ``inner`` leads to the errors that a wrapping error holds.
    """

    texts: tuple[str, ...] = ()
    code: str = ""
    inner: str = ""
    passing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Companies:
    """The hub's own list of the companies behind a credential."""

    call: Call
    items: str
    id: str
    name: str
    identifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relisting:
    """How handled documents are found by date, and put back into the queue."""

    found: Listing
    put_back: Call


@dataclass(frozen=True, slots=True)
class Event:
    """A pushed event that wakes a dossier: ``field`` has ``value``, ``tenant`` names whom.

    One that names nobody wakes all. ``form`` is what the hub's webhooks are like.
    """

    field: str
    value: str
    tenant: str
    form: WebhookForm


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a hub is told where to push to: ``{url}`` in ``make``, ``{id}`` in ``end``.

    ``made`` leads to the id in the answer; in the list, at ``items``, each has its ``id`` and
    ``url``.
    """

    list: Call
    items: str
    make: Call
    made: str
    end: Call
    id: str = "id"
    url: str = "url"


@dataclass(frozen=True, slots=True)
class KeyHeaders:
    """Headers on every request; each name with the setting that holds its value."""

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BasicOrBearer:
    """HTTP Basic with two settings, or a token in the first while the second is empty."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A token for settings: a call below ``base_setting`` that answers with tokens.

    ``basic`` are the settings sent as HTTP Basic, ``body`` those sent as JSON, by field. Without
    the field ``access`` the answer is the token itself, good for ``lifetime``. ``refresh_call``
    carries the refresh token as Bearer.
    """

    call: Call
    base_setting: str = "url"
    basic: tuple[str, str] | None = None
    body: Mapping[str, str] = field(default_factory=dict)
    access: str = ""
    access_ends: str = ""
    refresh: str = ""
    refresh_ends: str = ""
    refresh_call: Call | None = None
    lifetime: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A queue hub.

    ``probe`` is a cheap call that needs a valid key. ``takes_errors``: a document that cannot be
    delivered is acknowledged once its bytes are kept here, because the hub knows no errors and
    would list it for ever. ``zone`` is that of times without one. ``assumed`` are the statements
    behind this profile that no description of the vendor confirms; docs/hubs.md repeats them.
    """

    name: str
    title: str
    base: str
    settings: tuple[HubSetting, ...]
    auth: KeyHeaders | BasicOrBearer | SignIn
    listing: Listing
    content: Content
    taking: Taking
    probe: Call
    errors: Errors = Errors()
    details: Details | None = None
    companies: Companies | None = None
    relisting: Relisting | None = None
    event: Event | None = None
    webhooks: Webhooks | None = None
    takes_errors: bool = True
    zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    concurrency: int = 16
    minimum_poll: timedelta = timedelta(seconds=60)
    guide: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def capabilities(self) -> HubCapabilities:
        """The profile as the port shows it."""
        return HubCapabilities(
            consumption=Consumption.QUEUE,
            acknowledgement=Acknowledgement.PER_DOCUMENT,
            ack_batch=self.taking.batch,
            list_page=200,
            redelivery=self._redelivery,
            minimum_poll=self.minimum_poll,
            concurrency=self.concurrency,
            windows=self.windows,
        )

    @property
    def _redelivery(self) -> Redelivery:
        if self.relisting is not None:
            return Redelivery(hub.Relisting.ASKED, keeps_documents=True)
        return Redelivery(
            hint=f"{self.title} lists no document again that was confirmed. It can still be"
            " delivered again from here while the hub keeps it.",
            keeps_documents=True,
        )

    @property
    def is_sorted_by_hub(self) -> bool:
        """Whether the hub lists the documents of one company when asked to."""
        return self.listing.call.asks_for("company")
