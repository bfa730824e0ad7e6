"""e-invoice.be, a Peppol access point with an inbox for each company."""

from datetime import UTC, datetime

from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup, is_on
from pipeline.connectors.downloads import Anywhere
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.e_invoice_be.account import InboxAccount
from pipeline.connectors.hubs.e_invoice_be.events import WEBHOOK
from pipeline.connectors.hubs.e_invoice_be.hub import E_INVOICE_BE_CAPABILITIES, EInvoiceBeHub
from pipeline.connectors.hubs.e_invoice_be.keys import read_keys
from pipeline.connectors.hubs.e_invoice_be.window import EVER
from pipeline.connectors.rest import RestAccount
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret

PRODUCTION = "https://api.e-invoice.be"


def build(setup: HubSetup) -> EInvoiceBeHub:
    """A hub from its settings; see `CONNECTOR`."""
    url, is_private = setup.values["url"], is_on(setup.values["allow_private"])
    http = HttpClient(Reach.of(url, allow_private=is_private))
    storage = HttpClient(Anywhere.of(url, allow_private=is_private))

    def account(key: Secret) -> InboxAccount:
        credential = f"e-invoice.be {key.reveal()}"
        limiter = setup.limiters.get(credential, concurrency=E_INVOICE_BE_CAPABILITIES.concurrency)
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        return InboxAccount(RestAccount(URL(url), http, limiter, setup.clock, headers), storage)

    return EInvoiceBeHub(
        setup.name,
        {dossier: account(key) for dossier, key in read_keys(setup.values["keys"]).items()},
        _since(setup),
        setup.clock,
        setup.package,
    )


def _since(setup: HubSetup) -> datetime:
    text = setup.values["since"]
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else EVER
    except ValueError as error:
        msg = f"Hub {setup.name!r}: since must be a day such as 2026-01-31, not {text!r}."
        raise ConfigurationError(msg) from error


CONNECTOR = HubConnector(
    name="e_invoice_be",
    title="e-invoice.be",
    settings=(
        HubSetting(
            "keys",
            "API keys as dossier=key, one for each company",
            is_secret=True,
            hint="In the company's account at e-invoice.be, under the API settings. Name each key "
            "by the company's VAT number or dossier number.",
        ),
        HubSetting("url", "Address of the API", default=PRODUCTION),
        HubSetting(
            "since",
            "Take documents received from this day on, such as 2026-01-31; all if empty",
            default="",
        ),
        HubSetting("allow_private", "The hub is on this machine or network", default="no"),
    ),
    build=build,
    guide=(
        "Each company makes an API key in its own account at e-invoice.be. This hub is never told "
        "what was delivered, so say from which day on to take documents."
    ),
    webhook=WEBHOOK,
)
