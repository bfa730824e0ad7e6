"""LetsPeppol: the first documents of both directions with their bodies, taken in batches."""

from datetime import timedelta

from pipeline.connectors.declarations import HubSetting
from pipeline.connectors.hubs.queue.profile import (
    Call,
    Content,
    Encoding,
    Fields,
    Listing,
    Paging,
    Profile,
    SignIn,
    Taking,
)

LETSPEPPOL = Profile(
    name="letspeppol",
    title="LetsPeppol",
    base="https://proxy.letspeppol.org/sapi",
    settings=(
        HubSetting("user", "E-mail address of the account"),
        HubSetting("password", "Password of the account", is_secret=True),
        HubSetting(
            "sign_in_url", "Address of the sign-in service", default="https://kyc.letspeppol.org"
        ),
    ),
    auth=SignIn(
        call=Call("POST", "api/jwt/auth"),
        base_setting="sign_in_url",
        basic=("user", "password"),
        lifetime=timedelta(minutes=30),
    ),
    listing=Listing(
        call=Call("GET", "document", {"size": "{size}"}),
        items="",
        fields=Fields(
            id="id",
            received="createdOn",
            type="type",
            tenants=("ownerPeppolId",),
            only={"direction": frozenset({"incoming"})},
        ),
        paging=Paging.FIRST,
    ),
    content=Content(
        call=Call("GET", "document/{id}"), encoding=Encoding.TEXT, field="ubl", factor=3
    ),
    # Never with noArchive: it deletes the body at the hub.
    taking=Taking(call=Call("PUT", "document/downloaded", body="{ids}"), batch=100),
    probe=Call("GET", "document", {"size": "1"}),
    guide="Use an account that is linked to each client, and link no others: their documents "
    "stay in its list of new documents.",
    assumed=(
        "LetsPeppol's own addresses are proxy.letspeppol.org and kyc.letspeppol.org.",
        "A LetsPeppol token is good for half an hour; a refused one is renewed at once.",
        "LetsPeppol lists as many new documents as it is asked for.",
        "LetsPeppol is not polled more than once a minute.",
    ),
)
