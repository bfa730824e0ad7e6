"""Operations on the office: packages, dossiers, heartbeat and monitor."""

import secrets
from functools import partial

import msgspec
from aiohttp import web

from pipeline.hub.answers import Problem, json_answer, malformed, not_found, read_json, read_number
from pipeline.hub.catalogue import (
    UnknownPackage,
    find_dossier,
    list_dossiers,
    list_packages,
    save_dossiers,
    save_packages,
    with_invoice_location,
)
from pipeline.hub.core import Core
from pipeline.hub.monitor import note_heartbeat, read_monitor
from pipeline.hub.routes import Route
from pipeline.hub.wire import (
    Dossier,
    DossierFields,
    Heartbeat,
    Id,
    Office,
    Package,
    PackageFields,
    Packages,
)


class OfficeApi:
    """Everything that is not about a single document."""

    def __init__(self, core: Core, office: str) -> None:
        self._core = core
        self._office = office

    def routes(self) -> list[Route]:
        """The operations served here."""
        return [
            Route("getHealth", "GET", "/healthz", self._health, scope=None),
            Route("getOffice", "GET", "/v1/office", self._get_office),
            Route("listPackages", "GET", "/v1/packages", self._list_packages),
            Route("createPackage", "POST", "/v1/packages", self._create_package, "manage"),
            Route("savePackage", "PUT", "/v1/packages/{package_id}", self._save_package, "manage"),
            Route("listDossiers", "GET", "/v1/dossiers", self._list_dossiers),
            Route("createDossier", "POST", "/v1/dossiers", self._create_dossier, "manage"),
            Route("getDossier", "GET", "/v1/dossiers/{dossier_id}", self._get_dossier),
            Route("saveDossier", "PUT", "/v1/dossiers/{dossier_id}", self._save_dossier, "manage"),
            Route("beat", "POST", "/v1/heartbeat", self._beat),
            Route("getMonitor", "GET", "/v1/monitor", self._monitor),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        await self._core.database.read(lambda connection: connection.execute("SELECT 1").fetchone())
        return json_answer({"status": "ok"})

    async def _get_office(self, _: web.Request) -> web.Response:
        return json_answer(Office(self._core.hub_id, self._office, self._core.clock.now()))

    async def _list_packages(self, _: web.Request) -> web.Response:
        return json_answer(Packages(await self._core.database.read(list_packages)))

    async def _create_package(self, request: web.Request) -> web.Response:
        return await self._store_package(request, _new_id(), status=201)

    async def _save_package(self, request: web.Request) -> web.Response:
        return await self._store_package(request, path_id(request, "package_id"), status=200)

    async def _store_package(
        self, request: web.Request, package_id: str, *, status: int
    ) -> web.Response:
        fields = await read_json(request, PackageFields)
        package = with_invoice_location(Package(id=package_id, **msgspec.structs.asdict(fields)))
        await self._core.change(partial(save_packages, packages=[package]))
        return json_answer(package, status=status)

    async def _list_dossiers(self, request: web.Request) -> web.Response:
        limit = read_number(request, "limit", default=500, maximum=1000)
        after = request.query.get("after")
        return json_answer(
            await self._core.database.read(partial(list_dossiers, after=after, limit=limit))
        )

    async def _get_dossier(self, request: web.Request) -> web.Response:
        dossier_id = request.match_info["dossier_id"]
        dossier = await self._core.database.read(partial(find_dossier, dossier_id=dossier_id))
        if dossier is None:
            raise not_found("dossier")
        return json_answer(dossier)

    async def _create_dossier(self, request: web.Request) -> web.Response:
        return await self._store_dossier(request, _new_id(), status=201)

    async def _save_dossier(self, request: web.Request) -> web.Response:
        return await self._store_dossier(request, path_id(request, "dossier_id"), status=200)

    async def _store_dossier(
        self, request: web.Request, dossier_id: str, *, status: int
    ) -> web.Response:
        fields = await read_json(request, DossierFields)
        dossier = Dossier(id=dossier_id, **msgspec.structs.asdict(fields))
        try:
            await self._core.change(partial(save_dossiers, dossiers=[dossier]))
        except UnknownPackage as error:
            raise Problem(409, "unknown-package", "There is no such accounting package.") from error
        return json_answer(dossier, status=status)

    async def _beat(self, request: web.Request) -> web.Response:
        beat = await read_json(request, Heartbeat)
        now = self._core.clock.now()
        await self._core.database.write(partial(note_heartbeat, beat=beat, now=now))
        return web.Response(status=204)

    async def _monitor(self, _: web.Request) -> web.Response:
        now = self._core.clock.now()
        return json_answer(await self._core.database.read(partial(read_monitor, now=now)))


def path_id(request: web.Request, name: str) -> str:
    """An id that the client chose, from the path.

    Raises:
        Problem: it is too long.
    """
    try:
        return msgspec.convert(request.match_info[name], Id)
    except msgspec.ValidationError as error:
        raise malformed(f"{name} is not an id: {error}.") from error


def _new_id() -> str:
    return secrets.token_hex(8)
