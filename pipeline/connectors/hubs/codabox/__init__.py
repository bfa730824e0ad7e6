"""CodaBox, which delivers what banks, payroll offices and Peppol have for an office's clients."""

import base64
from collections.abc import Sequence

from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup, is_on
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.codabox.account import CodaboxAccount
from pipeline.connectors.hubs.codabox.api import Source
from pipeline.connectors.hubs.codabox.clients import ClientFeeds
from pipeline.connectors.hubs.codabox.formats import DEFAULT, Formats
from pipeline.connectors.hubs.codabox.hub import CODABOX_CAPABILITIES, CodaboxHub
from pipeline.connectors.hubs.codabox.stepping import StepPast
from pipeline.connectors.rest import RestAccount

PRODUCTION = "https://api.codabox.com/v2"


def build(setup: HubSetup) -> CodaboxHub:
    """A hub from its settings; see `CONNECTOR`."""
    values, concurrency = setup.values, CODABOX_CAPABILITIES.concurrency
    reach = Reach.of(values["url"], allow_private=is_on(values["allow_private"]))
    credential = f"codabox {values['url']} {values['user']}"
    rest = RestAccount(
        url=URL(values["url"]),
        http=HttpClient(reach, connections=concurrency),
        limiter=setup.limiters.get(credential, concurrency=concurrency),
        clock=setup.clock,
        headers={
            "Authorization": _basic(values["user"], values["password"]),
            "X-Software-Company": values["software"],
        },
    )
    account = CodaboxAccount(rest)
    feeds = ClientFeeds(account, Formats.parse(values["formats"]), _sources(setup))
    return CodaboxHub(setup.name, account, feeds, StepPast(feeds), setup.package)


def _sources(setup: HubSetup) -> Sequence[Source]:
    return tuple(Source) if is_on(setup.values["redelivery"]) else (Source.DELIVERY,)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


CONNECTOR = HubConnector(
    name="codabox",
    title="CodaBox",
    settings=(
        HubSetting("user", "User of the API", hint="With the token that CodaBox sends."),
        HubSetting(
            "password",
            "Password or token of the API",
            is_secret=True,
            hint="CodaBox sends it to the office by mail.",
        ),
        HubSetting(
            "software",
            "Id of the software at CodaBox (X-Software-Company)",
            hint="A UUID that CodaBox gives to the software, the same for all its offices.",
        ),
        HubSetting("url", "Address of the API", default=PRODUCTION),
        HubSetting(
            "formats",
            "Formats to take, as kind:format+format; a PDF goes with the other documents",
            default=DEFAULT,
        ),
        HubSetting(
            "redelivery",
            "Also take what CodaBox redelivers; its feed may begin with everything of before",
            default="no",
        ),
        HubSetting("allow_private", "The hub is on this machine or network", default="no"),
    ),
    build=build,
    guide=(
        "Ask CodaBox (support@codabox.com) to deliver the clients of your office to this software "
        "over the API, version 2, and to send you the access data. Each client signs a mandate "
        "for each bank; without an active one no statements come."
    ),
)
