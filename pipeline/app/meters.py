"""What the metrics of the engine mean, for the metrics endpoint."""

from collections.abc import Mapping
from typing import Final, Literal

Definition = tuple[Literal["counter", "gauge", "histogram"], str, tuple[str, ...]]

DEFINITIONS: Final[Mapping[str, Definition]] = {
    "dossierpost_items_total": (
        "counter",
        "Documents by stage and by what became of them there.",
        ("stage", "outcome"),
    ),
    "dossierpost_stage_seconds": ("histogram", "One call of a stage.", ("stage",)),
    "dossierpost_item_seconds": ("histogram", "From listed to the end of the last stage.", ()),
    "dossierpost_passes_total": ("counter", "Passes over a dossier that ended.", ("outcome",)),
    "dossierpost_bugs_total": ("counter", "Errors nobody planned for.", ("stage",)),
    "dossierpost_webhooks_total": (
        "counter",
        "Events that hubs pushed, and what became of them.",
        ("hub", "outcome"),
    ),
    "dossierpost_unchecked_total": (
        "counter",
        "Documents that the program could not look into to the end.",
        ("cause",),
    ),
    "dossierpost_breaker_opened_total": (
        "counter",
        "Hubs and destinations that were given up for a while.",
        ("kind", "name"),
    ),
    "dossierpost_hub_concurrency": (
        "gauge",
        "Requests that a hub may get at once; fewer while it is slow or refuses.",
        ("hub",),
    ),
    "dossierpost_stage_queued": ("gauge", "Documents that wait before a stage.", ("stage",)),
    "dossierpost_stage_busy": ("gauge", "Documents a stage works on.", ("stage",)),
    "dossierpost_queued": ("gauge", "Documents listed and not taken.", ()),
    "dossierpost_in_flight": ("gauge", "Documents taken and not settled.", ()),
    "dossierpost_in_flight_bytes": ("gauge", "Bytes taken and not settled.", ()),
    "dossierpost_tenants": ("gauge", "Dossiers that are scheduled.", ()),
    "dossierpost_passes_running": ("gauge", "Passes that run.", ()),
}

WORKER_STARTS: Final = "dossierpost_worker_starts_total"

SUPERVISOR_DEFINITIONS: Final[Mapping[str, Definition]] = {
    WORKER_STARTS: ("counter", "Processes that were started for a worker.", ("worker",)),
}
