"""The web application of the hub: every operation behind its checks."""

from collections.abc import Sequence

from aiohttp import web

from pipeline.hub.accounts import Accounts
from pipeline.hub.authorize_api import AuthorizeApi
from pipeline.hub.content_api import ContentApi
from pipeline.hub.core import Core
from pipeline.hub.device_api import DeviceApi
from pipeline.hub.documents_api import DocumentsApi
from pipeline.hub.events_api import EventsApi
from pipeline.hub.failures import FailurePlan
from pipeline.hub.guard import Guard, add_headers, answer_problems
from pipeline.hub.limits import Limits
from pipeline.hub.office_api import OfficeApi
from pipeline.hub.routes import Route
from pipeline.hub.sign_in import SignIn
from pipeline.hub.token_api import TokenApi
from pipeline.ports.hub import Window

MAX_UPLOAD_BYTES = 10 << 20


def build_application(
    core: Core,
    accounts: Accounts,
    *,
    office: str,
    issuer: str,
    limits: Sequence[Window],
    ping_s: float,
    failures: FailurePlan | None,
) -> web.Application:
    """The application; with ``failures`` it misbehaves on demand."""
    guard = Guard(core, Limits(limits, core.clock))
    sign_in = SignIn(accounts, core.clock)
    routes = [
        *TokenApi(core, accounts, guard, issuer=issuer).routes(),
        *AuthorizeApi(core, sign_in, office=office, issuer=issuer).routes(),
        *DeviceApi(core, sign_in, office=office, issuer=issuer).routes(),
        *OfficeApi(core, office).routes(),
        *DocumentsApi(core).routes(),
        *ContentApi(core).routes(),
        *EventsApi(core, ping_s=ping_s).routes(),
    ]
    if failures is not None:
        routes = [*map(failures.expose, routes), *failures.routes()]
    return _serve(routes, guard)


def _serve(routes: Sequence[Route], guard: Guard) -> web.Application:
    application = web.Application(client_max_size=MAX_UPLOAD_BYTES, middlewares=[answer_problems])
    for route in routes:
        application.router.add_route(
            route.method, route.path, guard.protect(route), name=route.operation
        )
    application.on_response_prepare.append(add_headers)
    return application
