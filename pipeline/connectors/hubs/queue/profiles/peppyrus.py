"""Peppyrus: one key for each organisation; numbered pages, newest first."""

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.hubs.queue.profile import (
    Call,
    Content,
    Encoding,
    Fields,
    KeyHeaders,
    Listing,
    Paging,
    Profile,
    Taking,
)

PEPPYRUS = Profile(
    name="peppyrus",
    title="Peppyrus",
    base="https://api.peppyrus.be/v1",
    settings=(
        HubSetting(
            "key",
            "API key",
            is_secret=True,
            hint="In Peppyrus, under the organisation's settings.",
        ),
    ),
    auth=KeyHeaders({"X-Api-Key": "key"}),
    listing=Listing(
        call=Call(
            "GET",
            "message/list",
            {"folder": "INBOX", "confirmed": "false", "page": "{page}", "perPage": "{size}"},
        ),
        items="items",
        fields=Fields(
            id="id",
            received="created",
            type="documentType",
            tenants=("recipient",),
            only={"direction": frozenset({"in"})},
        ),
        paging=Paging.PAGES,
        pages="meta.pages",
    ),
    content=Content(
        call=Call("GET", "message/{id}"), encoding=Encoding.BASE64, field="fileContent", factor=2
    ),
    taking=Taking(call=Call("PATCH", "message/{id}/confirm"), already=("already confirmed",)),
    probe=Call("GET", "organization/info"),
    zone="Europe/Brussels",
    guide="Each client gives you the API key of its organisation: one hub for each of them.",
    assumed=(
        "Peppyrus writes times in Belgian time.",
        "Peppyrus names the kind of a message in documentType; without it, it is an invoice.",
        "Peppyrus is not polled more than once a minute.",
    ),
)
