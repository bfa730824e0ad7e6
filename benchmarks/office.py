"""An office of dossiers, and runs of the product over it, checked before they are believed."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import msgspec

from benchmarks.cores import on_core
from benchmarks.documents import Corpus
from benchmarks.hubs import HubAddress
from benchmarks.job import Outcome, Spec, Validation

VALIDATION: Mapping[str, Validation] = {
    "bare": "none",
    "general": "none",
    "rules": "rules",
}
"""By the end of a variant's name; all others check the schema."""


@dataclass(slots=True)
class Office:
    """What all runs have in common: the corpus, the hubs that have it, and room on a disk."""

    corpus: Corpus
    folder: Path
    hubs: Mapping[str, HubAddress]
    digests: Counter[str]
    core: int | None = None
    numbers: "count[int]" = field(default_factory=count)

    def run(self, name: str, *, is_accounted: bool = False) -> Outcome:
        """One run in an empty folder, believed once everything was found as it should be."""
        folder = self.folder / str(next(self.numbers))
        kind, _, variant = name.partition("_")
        if variant != "new":
            empty_folders(self.corpus, folder / "books" / "winbooks", "purchase")
        spec = Spec(
            hub=self.hubs[kind],
            folder=str(folder),
            validation=VALIDATION.get(variant, "xsd"),
            is_unsafe=variant == "unsafe",
            is_lean=variant != "general",
            is_accounted=is_accounted,
        )
        outcome = run_job(spec, self.core)
        self.check(name, folder, outcome)
        shutil.rmtree(folder)  # many runs of a large office would fill the disk
        return outcome

    def check(self, name: str, folder: Path, outcome: Outcome) -> None:
        """Everything was listed, placed and acknowledged, once, and nothing else is there."""
        size = len(self.corpus)
        assert not outcome.problems, (name, outcome.problems[:3])
        assert outcome.listed == size, f"{outcome.listed} of {size} were listed: {name}"
        assert outcome.acknowledged == size, (
            f"{outcome.acknowledged} of {size} were acknowledged: {name}"
        )
        found = Counter(
            hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (folder / "books").rglob("*.xml")
            if ".dossierpost" not in path.parts
        )
        assert found == self.digests, "the folders do not hold what the hub has"
        assert not list(folder.rglob("*.part")), "staging is not empty"


def empty_folders(corpus: Corpus, folder: Path, kind: str = "") -> None:
    """A folder for each dossier, durable."""
    for dossier in corpus.dossier_ids:
        (folder / dossier / kind).mkdir(parents=True)
    os.sync()


def job_command(spec: Spec, core: int | None = None) -> list[str]:
    """How the job is started."""
    text = msgspec.json.encode(spec).decode()
    return [*on_core(core), sys.executable, "-m", "benchmarks.job", text]


def run_job(spec: Spec, core: int | None = None) -> Outcome:
    """The job in a process of its own."""
    done = subprocess.run(job_command(spec, core), stdout=subprocess.PIPE, check=True)  # noqa: S603
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Outcome)
