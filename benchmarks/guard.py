"""``guard``: ratios of one short run against the bounds in ``bounds.toml``."""

import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.cores import client_core, hub_core
from benchmarks.documents import Corpus
from benchmarks.hubs import hub_process
from benchmarks.office import Office
from benchmarks.peers.comparison import Bench, floors, median_work
from benchmarks.peers.running import PEERS
from benchmarks.report import Options, Report, Table

ROUNDS = 3
BOUNDS = Path(__file__).with_name("bounds.toml")


def run(options: Options) -> Report:
    """The whole job, the loop with aiohttp and the floor, in turn, at the stand-in hub."""
    corpus = Corpus(options.dossiers or 200, 4)
    with hub_process("standin", corpus, hub_core()) as hub:
        folder = options.folder / "guard"
        office = Office(corpus, folder, {"standin": hub}, corpus.digests(), core=client_core())
        bench = Bench("standin", office, {1: corpus}, {1: hub}, folder)
        loop = partial(bench.peer, PEERS["aiohttp_aiofiles"], is_durable=False)
        bench.ours("xsd")  # warms up
        rounds = [(bench.ours("xsd"), loop(), bench.floor()) for _ in range(ROUNDS)]
    ours, theirs = (median_work([each[place][""] for each in rounds]) for place in (0, 1))
    steps = {step: median_work([each[2][step] for each in rounds]) for step in rounds[0][2]}
    floor = floors(steps)["floor"]
    report = Report(
        ratios={
            "guard_vs_aiohttp_loop": theirs.seconds / ours.seconds,
            "guard_vs_floor": floor.seconds / ours.seconds,
            "guard_cpu_vs_floor": floor.cpu_seconds / ours.cpu_seconds,
        }
    )
    bounds = tomllib.loads(BOUNDS.read_text(encoding="utf-8"))
    rows = [(name, report.ratios[name], bound) for name, bound in bounds.items()]
    report.tables.append(Table("Guard", ("ratio", "now", "at least"), rows))
    report.failures = broken(report.ratios, bounds)
    return report


def broken(ratios: Mapping[str, float], bounds: Mapping[str, float]) -> list[str]:
    """What fell below its bound, in words."""
    return [
        f"{name} is {ratios[name]:.2f}, below {bound}: a change made the whole job slower"
        for name, bound in bounds.items()
        if ratios[name] < bound
    ]
