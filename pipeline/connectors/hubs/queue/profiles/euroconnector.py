"""Unifiedpost Euroconnector: tokens that rotate; a list that says neither whose nor when."""

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.hubs.queue.profile import (
    Call,
    Content,
    Details,
    Encoding,
    Errors,
    Fields,
    Listing,
    Profile,
    SignIn,
    Taking,
)

EUROCONNECTOR = Profile(
    name="euroconnector",
    title="Unifiedpost Euroconnector",
    base="https://euroconnector.unifiedpost.com/api/public/v1",
    settings=(
        HubSetting("user", "User name", hint="Given by Unifiedpost with the access."),
        HubSetting("secret", "Secret key", is_secret=True),
    ),
    auth=SignIn(
        call=Call("POST", "authorization/token-create"),
        body={"userName": "user", "secretKey": "secret"},
        access="accessToken",
        access_ends="accessTokenExpiresUtc",
        refresh="refreshToken",
        refresh_ends="refreshTokenExpiresUtc",
        refresh_call=Call("GET", "authorization/token-refresh"),
    ),
    listing=Listing(
        call=Call("GET", "documents/received-list"),
        items="documents",
        fields=Fields(id="documentId", type="documentType"),
    ),
    details=Details(
        call=Call("GET", "documents/{id}"),
        fields=Fields(
            id="documentId",
            received="createdAt",
            tenants=("recipientEndpointId", "recipientVatNumber", "recipientEntityCode"),
        ),
    ),
    content=Content(
        call=Call("GET", "documents/{id}/content"),
        encoding=Encoding.BASE64,
        field="documentContent",
        factor=2,
    ),
    # The status "Sent" is refused here: it belongs to documents that go out.
    taking=Taking(call=Call("PUT", "documents/{id}/status/Received")),
    probe=Call("GET", "documents/received-list"),
    errors=Errors(texts=("message",)),
    guide="Ask Unifiedpost for a user name and a secret key for the Euroconnector API.",
    assumed=(
        "Euroconnector's own address is euroconnector.unifiedpost.com.",
        "Euroconnector gives a document after its status is Received, and takes that status twice.",
        "Euroconnector answers 404 for a document it does not know.",
        "Euroconnector is not polled more than once a minute.",
    ),
)
