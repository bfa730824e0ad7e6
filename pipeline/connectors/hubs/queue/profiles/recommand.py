"""Recommand: one key for all companies of a team; the inbox comes whole, newest first."""

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.hubs.queue.profile import (
    BasicOrBearer,
    Call,
    Companies,
    Content,
    Encoding,
    Errors,
    Event,
    Fields,
    Listing,
    Paging,
    Profile,
    Relisting,
    Taking,
    Webhooks,
)
from pipeline.connectors.webhooks.form import WebhookForm

_FIELDS = Fields(
    id="id",
    received="createdAt",
    type="type",
    tenants=("companyId",),
    only={"direction": frozenset({"incoming"})},
)

RECOMMAND = Profile(
    name="recommand",
    title="Recommand",
    base="https://app.recommand.eu/api/v1",
    settings=(
        HubSetting(
            "key",
            "API key, or a JWT",
            is_secret=True,
            hint="In the Recommand dashboard, under API keys.",
        ),
        HubSetting("secret", "API secret; empty for a JWT", default="", is_secret=True),
    ),
    auth=BasicOrBearer(user="key", password="secret"),  # noqa: S106 -- names of settings
    listing=Listing(
        # The paged list of documents filtered by isUnread shifts while they are marked: not used.
        call=Call("GET", "inbox", {"companyId": "{company}"}),
        items="documents",
        fields=_FIELDS,
    ),
    content=Content(
        # The answer repeats the document as parsed, with its attachments.
        call=Call("GET", "documents/{id}"),
        encoding=Encoding.TEXT,
        field="document.xml",
        factor=4,
    ),
    taking=Taking(call=Call("POST", "documents/{id}/mark-as-read", body={"read": True})),
    probe=Call("GET", "companies"),
    errors=Errors(texts=("errors.root.0", "invalidInputDetails.0.message")),
    companies=Companies(
        call=Call("GET", "companies"),
        items="companies",
        id="id",
        name="name",
        identifiers=("vatNumber", "enterpriseNumber"),
    ),
    relisting=Relisting(
        found=Listing(
            call=Call(
                "GET",
                "documents",
                {
                    "page": "{page}",
                    "limit": "{size}",
                    "companyId": "{company}",
                    "direction": "incoming",
                    "isUnread": "false",
                    "from": "{since}",
                    "excludeAttachments": "true",
                },
            ),
            items="documents",
            fields=_FIELDS,
            paging=Paging.PAGES,
            size=200,
            pages="pagination.totalPages",
        ),
        put_back=Call("POST", "documents/{id}/mark-as-read", body={"read": False}),
    ),
    event=Event(
        field="eventType",
        value="document.received",
        tenant="companyId",
        # Not signed, sent once and never again; the same document twice is the same event.
        form=WebhookForm(
            is_registered=True,
            hint="In the Recommand dashboard, under Webhooks, for all companies.",
        ),
    ),
    webhooks=Webhooks(
        list=Call("GET", "webhooks"),
        items="webhooks",
        make=Call("POST", "webhooks", body={"url": "{url}"}),
        made="webhook.id",
        end=Call("DELETE", "webhooks/{id}"),
    ),
    guide="Create an API key for your team in the Recommand dashboard.",
    assumed=("Recommand is not polled more than once a minute.",),
)
