"""Check a set-up before a document depends on it: hubs, clock, folders, dossiers."""

import contextlib
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath

from anyio import to_thread

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError, LocationUnusable, PipelineError
from pipeline.domain.links import NO_LINKS, DossierLinks
from pipeline.domain.paths import (
    Drive,
    PathTemplate,
    Platform,
    diagnose_location,
    folder_key,
    location_clash,
)
from pipeline.ports.disk import Disk, NewFile
from pipeline.ports.hub import Hub, HubHealth

CLOCK_TOLERANCE = timedelta(minutes=2)
_TRIAL = (".dossierpost-check-1", ".dossierpost-check-2")
_SHOWN_DOSSIERS = 20


class Level(enum.StrEnum):
    """Weight of a finding; only a problem makes the check fail."""

    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What was looked at, how it is, and what to do when it is not good."""

    subject: str
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings, in the order in which they were made."""

    findings: tuple[CheckFinding, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is a problem."""
        return all(each.level is not Level.PROBLEM for each in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSetup:
    """Looks without delivering anything; works beside a running service."""

    hubs: Mapping[str, Hub]
    disk: Disk
    platform: Platform
    root: str | None
    min_free_bytes: int
    drives: Sequence[Drive] = ()
    links: DossierLinks = NO_LINKS

    async def __call__(self) -> CheckReport:
        """Look at everything; a hub that does not answer ends only its own part."""
        findings: list[CheckFinding] = []
        dossiers: list[Dossier] = []
        for hub in self.hubs.values():
            health = await hub.health()
            findings.extend(_of_hub(hub.name, health))
            if health.is_reachable and health.is_authenticated:
                dossiers += await self._dossiers(hub, dossiers, findings)
        templates = dict(self._templates(dossiers, findings))
        roots = sorted({each.root for each in templates.values()})
        findings += [await to_thread.run_sync(self._of_folder, root) for root in roots]
        findings.extend(self._of_dossiers(dossiers, templates))
        return CheckReport(tuple(findings))

    async def _dossiers(
        self, hub: Hub, office: Sequence[Dossier], findings: list[CheckFinding]
    ) -> list[Dossier]:
        found: list[Dossier] = []
        link = self.links.among(office)
        try:
            async for page in hub.tenants():
                found += map(link, page)
        except PipelineError as error:
            findings.append(CheckFinding(f"hub {hub.name}", Level.PROBLEM, str(error)))
        linked = [each for each in found if each.is_linked]
        text = f"{len(found)} dossiers, {len(linked)} of them linked to an accounting package."
        level = Level.GOOD if linked else Level.WARNING
        findings.append(CheckFinding(f"dossiers of {hub.name}", level, text))
        return linked

    def _templates(
        self, dossiers: Iterable[Dossier], findings: list[CheckFinding]
    ) -> Iterator[tuple[tuple[str, Location], PathTemplate]]:
        """Templates by package and location; one that is refused becomes a finding."""
        packages = {each.package.id: each.package for each in dossiers if each.package}
        for package in packages.values():
            for location, text in package.locations.items():
                subject = f"{location.words} of {package.name}"
                try:
                    template = PathTemplate.parse(text, platform=self.platform, root=self.root)
                except ConfigurationError as error:
                    findings.append(CheckFinding(subject, Level.PROBLEM, str(error)))
                    continue
                diagnosis = diagnose_location(text, self.platform, self.drives)
                if not diagnosis.is_usable:
                    findings.append(CheckFinding(subject, Level.PROBLEM, diagnosis.problem))
                yield (package.id, location), template

    def _of_folder(self, root: str) -> CheckFinding:
        subject = f"folder {root}"
        try:
            with contextlib.closing(self.disk.open_folder(root)) as folder:
                volume = self.disk.volume(folder)
                free = self.disk.free_bytes(folder)
                self._try_out(root)
        except FileNotFoundError as error:
            if self.root and PurePath(root).is_relative_to(self.root):
                return CheckFinding(subject, Level.WARNING, _MADE_LATER)
            return CheckFinding(subject, Level.PROBLEM, _folder_problem(error))
        except OSError as error:
            return CheckFinding(subject, Level.PROBLEM, _folder_problem(error))
        text = f"writable, {volume.kind}, {free / 2**30:.1f} GiB free; "
        if free < self.min_free_bytes:
            return CheckFinding(
                subject, Level.PROBLEM, text + "that is below DOSSIERPOST_MIN_FREE_BYTES."
            )
        return CheckFinding(
            subject,
            Level.GOOD,
            text + (_CLOSED if volume.makes_moves_durable else _OPEN.format(root=root)),
        )

    def _try_out(self, root: str) -> None:
        """Create, move and remove, where nobody imports."""
        with contextlib.closing(self.disk.open_folder(root)) as folder:
            for name in _TRIAL:
                self.disk.remove(folder, name)
            failed = self.disk.create(folder, [NewFile(_TRIAL[0], b"check", folder)], flush=True)
            if failed:
                raise failed[_TRIAL[0]]
            self.disk.move(folder, _TRIAL[0], folder, _TRIAL[1])
            self.disk.remove(folder, _TRIAL[1])

    def _of_dossiers(
        self, dossiers: Sequence[Dossier], templates: Mapping[tuple[str, Location], PathTemplate]
    ) -> Iterator[CheckFinding]:
        folders: list[tuple[str, Location, str]] = []
        problems: list[CheckFinding] = []
        for dossier in dossiers:
            for location in Location:
                template = templates.get((dossier.package.id if dossier.package else "", location))
                if template is None:
                    continue
                try:
                    folders.append((dossier.owner, location, folder_key(template.pin(dossier))))
                except LocationUnusable as error:
                    problems.append(
                        CheckFinding(f"dossier {dossier.id}", Level.PROBLEM, str(error))
                    )
        sharing = {each.owner for each in dossiers if each.package and each.package.shares_folders}
        problems += [
            CheckFinding("shared folder", Level.PROBLEM, str(clash))
            for clash in location_clash(each for each in folders if each[0] not in sharing)
        ]
        yield from problems[:_SHOWN_DOSSIERS]
        if len(problems) > _SHOWN_DOSSIERS:
            text = f"{len(problems) - _SHOWN_DOSSIERS} more dossiers have such a problem."
            yield CheckFinding("dossiers", Level.PROBLEM, text)


_MADE_LATER = (
    "does not exist yet; `run` makes it, as it does below DOSSIERPOST_ROOT. If it was there before,"
    " its volume is not mounted: mount it first."
)
_CLOSED = "a power cut cannot repeat a document here."
_OPEN = (
    "a power cut in the milliseconds after a document was placed may repeat it, if the accounting "
    "software took it already and keeps its data on another disk (chattr +D {root} on ext4, or "
    "the mount option dirsync, rules that out)."
)


def _of_hub(name: str, health: HubHealth) -> Iterator[CheckFinding]:
    is_good = health.is_reachable and health.is_authenticated
    yield CheckFinding(f"hub {name}", Level.GOOD if is_good else Level.PROBLEM, health.text)
    if health.clock_skew is not None and abs(health.clock_skew) > CLOCK_TOLERANCE:
        seconds = health.clock_skew.total_seconds()
        text = f"the hub's clock is {seconds:+.0f} s from this machine's. Set the time by NTP."
        yield CheckFinding("clock", Level.WARNING, text)


def _folder_problem(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist. Create it, or change the locations that lead to it."
    if isinstance(error, PermissionError):
        return "refuses writing. Give the account of Dossierpost write rights there."
    return f"cannot be used: {error.strerror or error}."
