"""Which files are complete: what does not change any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import anyio

from pipeline.connectors.stores.files import FoundFile
from pipeline.domain.documents import DocumentKind
from pipeline.ports.clock import Clock

MINIMUM_AGE_S = 2.0
"""How long a file must look the same before it is taken for complete."""
_LONGEST_WAIT_S = 60.0


@dataclass(slots=True)
class _Seen:
    """A file as it was seen first with this size and time, and what it turned out to be."""

    found: FoundFile
    since: float
    kind: DocumentKind | None = None


class Sightings:
    """What the listings of a store saw.

    A file is complete once it looked the same in two listings at least `MINIMUM_AGE_S` apart, or
    when nobody wrote to it for ``settled``. The clock of a server may be slow by less than that.
    """

    def __init__(self, clock: Clock, *, settled: timedelta) -> None:
        self._clock = clock
        self._settled = settled
        self._seen: dict[str, dict[bytes, _Seen]] = {}
        self._complete: dict[str, Sequence[FoundFile]] = {}
        self._due: dict[str, float] = {}
        self._waits: dict[str, float] = {}
        self._came = anyio.Event()

    def note(self, dossier_id: str, files: Sequence[FoundFile]) -> Sequence[FoundFile]:
        """Note what a look at a dossier's files found, and return those that are complete."""
        now, before = self._clock.monotonic(), self._seen.get(dossier_id, {})
        seen = {file.path: _again(before.get(file.path), file, now) for file in files}
        long_ago = self._clock.now() - self._settled
        complete = [
            file
            for file in files
            if now - seen[file.path].since >= MINIMUM_AGE_S or file.modified_at <= long_ago
        ]
        self._seen[dossier_id], self._complete[dossier_id] = seen, complete
        self._look_again(dossier_id, is_wanted=len(complete) < len(files))
        return complete

    def noted(self, dossier_id: str) -> Sequence[FoundFile] | None:
        """What was complete at the last look, None before the first."""
        return self._complete.get(dossier_id)

    def kind(self, dossier_id: str, file: FoundFile) -> DocumentKind | None:
        """What this very file turned out to be, None while nobody looked."""
        seen = self._seen.get(dossier_id, {}).get(file.path)
        return seen.kind if seen is not None and seen.found == file else None

    def note_kind(self, dossier_id: str, file: FoundFile, kind: DocumentKind) -> None:
        """Remember what a file is, so that it is not looked into at each listing."""
        seen = self._seen.get(dossier_id, {}).get(file.path)
        if seen is not None and seen.found == file:
            seen.kind = kind

    async def next_due(self) -> str:
        """Wait for a dossier with a file that may be complete by now."""
        while not self._due:
            self._came = anyio.Event()
            await self._came.wait()
        dossier_id = min(self._due, key=self._due.__getitem__)
        await self._clock.sleep(self._due[dossier_id] - self._clock.monotonic())
        self._due.pop(dossier_id, None)  # listed meanwhile, perhaps: a hint too many does no harm
        return dossier_id

    def _look_again(self, dossier_id: str, *, is_wanted: bool) -> None:
        """Have a dossier listed again soon; one whose files go on growing, less and less often."""
        if not is_wanted:
            self._waits.pop(dossier_id, None)
            self._due.pop(dossier_id, None)
        elif dossier_id not in self._due:
            wait_s = self._waits.get(dossier_id, MINIMUM_AGE_S)
            self._waits[dossier_id] = min(2 * wait_s, _LONGEST_WAIT_S)
            self._due[dossier_id] = self._clock.monotonic() + wait_s
            self._came.set()


def _again(earlier: _Seen | None, file: FoundFile, now: float) -> _Seen:
    return earlier if earlier is not None and earlier.found == file else _Seen(file, now)
