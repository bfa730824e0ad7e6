"""Scrada: one key for an office, a path for each company; two calls a document, 60 a minute."""

from datetime import timedelta

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.hubs.queue.profile import (
    Call,
    Content,
    Encoding,
    Errors,
    Fields,
    KeyHeaders,
    Listing,
    Profile,
    Taking,
)
from pipeline.ports.hub import Window

_UNCONFIRMED = Call("GET", "company/{company}/peppol/inbound/document/unconfirmed")
_DOCUMENT = "company/{company}/peppol/inbound/document/{id}"

SCRADA = Profile(
    name="scrada",
    title="Scrada",
    base="https://api.scrada.be/v1",
    settings=(
        HubSetting(
            "key",
            "API key",
            is_secret=True,
            hint="In Scrada, under Settings, API keys; a key is valid for all its companies.",
        ),
        HubSetting("password", "Password of the API key", is_secret=True),
    ),
    auth=KeyHeaders({"X-API-KEY": "key", "X-PASSWORD": "password"}),
    listing=Listing(
        call=_UNCONFIRMED,
        items="results",
        fields=Fields(id="id", received="peppolC3Timestamp", type="peppolDocumentTypeValue"),
    ),
    content=Content(call=Call("GET", _DOCUMENT), encoding=Encoding.RAW),
    taking=Taking(call=Call("PUT", f"{_DOCUMENT}/confirm")),
    probe=_UNCONFIRMED,
    errors=Errors(
        texts=("defaultFormat",),
        code="errorCode",
        inner="innerErrors",
        passing=frozenset({"100030"}),
    ),
    windows=(Window(10, timedelta(seconds=10)), Window(60, timedelta(seconds=60))),
    guide="Ask Scrada for an API key with access to Peppol inbound, and the id of each company.",
    assumed=(
        "Scrada lists all unconfirmed documents of a company in one answer.",
        "Scrada gives a document after it was confirmed, and answers 200 to a second confirmation.",
        "Scrada answers 404 for a document it does not know.",
        "Scrada is not polled more than once a minute for a company.",
    ),
)
