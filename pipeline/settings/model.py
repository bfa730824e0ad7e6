"""Every setting, with its unit, its default and the reason for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.domain.errors import ConfigurationError
from pipeline.settings.fields import MIB, AnyCase, is_loopback, other_cores, setting
from pipeline.settings.sources import PREFIX, Gathered, gather, variable_name


class Settings(BaseSettings):
    """The settings of one process. Use `load`; the constructor is for tests and `load`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    hub_url: str | None = setting(
        "Hub",
        "Address of the hub, such as https://hub.example. Without it only a folder hub is used.",
    )
    hub_client_id: str = setting(
        "Hub", "Client id this installation signs in with.", "dossierpost", min_length=1
    )
    hub_client_secret: SecretStr = setting(
        "Hub",
        "Client secret, if the hub gave one. Better in a file than in a variable, because"
        " variables are inherited by other programs.",
        SecretStr(""),
        shown="none",
    )
    hub_folder: Path | None = setting(
        "Hub",
        "A directory tree used as a hub: one folder a dossier. For a share or an SFTP drop.",
    )
    allow_private_hub: bool = setting(
        "Hub",
        "Accept plain http and private addresses for the hub. Off, because a hub on the internet"
        " that leads to an inside address is an attack. A hub whose address is literally this"
        " machine (127.0.0.1, localhost) needs no switch.",
        default=False,
    )
    ca_file: Path | None = setting(
        "Hub",
        "Certificate authority of the office (PEM), trusted besides those of the system.",
    )
    http_timeout_seconds: int = setting(
        "Hub",
        "Longest silence of the hub before a request is given up and tried again later.",
        30,
        unit="seconds",
        ge=1,
        le=600,
    )

    state_dir: Path = setting(
        "Folders",
        "Folder of the state database, tokens and kept bytes. A local disk: SQLite locks are not"
        " reliable on network shares.",
        Path("~/.local/state/dossierpost"),
    )
    root: Path | None = setting(
        "Folders",
        "Absolute folder under which relative locations lie; without it they are refused.",
    )
    cache_dir: Path = setting(
        "Folders",
        "Folder of what can be made again, such as compiled rules. It may be emptied at any time.",
        Path("~/.cache/dossierpost"),
    )
    rules_dir: Path | None = setting(
        "Folders",
        "Folder with rule files (en16931 or peppol, as .sch or .xslt) that are used in place of"
        " those that were fetched or come with the program.",
    )
    min_free_bytes: int = setting(
        "Folders",
        "A destination or state volume with less free space gets no new documents, so that what"
        " is under way can finish.",
        256 * MIB,
        unit="bytes",
        ge=0,
    )
    flush: Annotated[Literal["auto", "files", "volume"], AnyCase] = setting(
        "Folders",
        "How documents are made durable: each file, or the volume once a batch. auto measures"
        " both at start and takes the faster.",
        "auto",
    )
    on_uncertain: Annotated[Literal["redeliver", "hold"], AnyCase] = setting(
        "Folders",
        "After a power cut that rolled a placed file back: deliver it again under the same name,"
        " flagged, or hold it for a person. redeliver, because nothing gets forgotten.",
        "redeliver",
    )

    workers: int = setting(
        "Throughput",
        "Processes that `run` divides the dossiers among, for machines on which one core is not"
        " enough. They share out downloads, checks and bytes under way.",
        1,
        unit="processes",
        ge=1,
        le=64,
    )
    list_workers: int = setting(
        "Throughput",
        "Dossiers listed at once. Few, because a change feed answers for all idle ones.",
        8,
        unit="workers",
        ge=1,
        le=256,
    )
    download_workers: int = setting(
        "Throughput",
        "Downloads at once, over all dossiers. A hub 20 ms away needs 64 to keep a core busy; the"
        " hub's own limits come on top.",
        64,
        unit="workers",
        ge=1,
        le=1024,
    )
    validate_workers: int = setting(
        "Throughput",
        "Processes that look into documents, each with one batch at a time; one core is left to"
        " the network. 0 does it in threads of the service itself: less memory, but the network"
        " waits for it, and a document that breaks the checker breaks the service.",
        default_factory=other_cores,
        shown="cores - 1",
        unit="workers",
        ge=0,
        le=256,
    )
    validate_seconds: float = setting(
        "Throughput",
        "Longest time that looking into one document may take in such a process; then the process"
        " is ended, and the document is delivered unchecked.",
        60.0,
        unit="seconds",
        ge=1,
        le=3600,
    )
    validate_memory_bytes: int = setting(
        "Throughput",
        "Memory that such a process may take on top of the rules, where the system limits it.",
        1024 * MIB,
        unit="bytes",
        ge=64 * MIB,
    )
    queue_documents: int = setting(
        "Throughput",
        "Length of the queue before each stage. Long enough to even out bursts, short enough that"
        " a stop is quick.",
        256,
        unit="documents",
        ge=1,
        le=100_000,
    )
    dossier_in_flight: int = setting(
        "Throughput",
        "Documents of one dossier under way at once, so that a large one leaves room for others.",
        32,
        unit="documents",
        ge=1,
        le=10_000,
    )
    in_flight_documents: int = setting(
        "Throughput",
        "Documents of all dossiers under way at once.",
        2048,
        unit="documents",
        ge=1,
        le=100_000,
    )
    in_flight_bytes: int = setting(
        "Throughput",
        "Bytes of documents in memory at once; bounds the memory of the process. At least"
        " DOSSIERPOST_MAX_DOCUMENT_BYTES.",
        64 * MIB,
        unit="bytes",
        ge=MIB,
    )
    destination_in_flight: int = setting(
        "Throughput",
        "Documents on their way to one destination volume at once, so that a dead share holds up"
        " only its own. Two batches: one is written while the next one gathers.",
        1024,
        unit="documents",
        ge=1,
        le=10_000,
    )
    batch_documents: int = setting(
        "Throughput",
        "Most documents that share one flush and one state commit. A batch is what arrived while"
        " the one before was written, so it is this large under load only.",
        512,
        unit="documents",
        ge=1,
        le=1024,
    )
    max_document_bytes: int = setting(
        "Throughput",
        "A larger document is refused before its last byte is fetched.",
        50 * MIB,
        unit="bytes",
        ge=1024,
        le=1024 * MIB,
    )
    event_loop: Annotated[Literal["auto", "uvloop", "asyncio"], AnyCase] = setting(
        "Throughput",
        "Event loop of the process. auto takes uvloop (winloop on Windows) where it is installed.",
        "auto",
    )

    feed_seconds: float = setting(
        "Schedule",
        "Between two looks at the change feed of a hub that has one; one request for all dossiers.",
        15.0,
        unit="seconds",
        ge=1,
    )
    poll_seconds: float = setting(
        "Schedule",
        "Between two listings of a dossier of a hub without a change feed; a hub may ask for more.",
        300.0,
        unit="seconds",
        ge=1,
    )
    sweep_seconds: float = setting(
        "Schedule",
        "Between two listings of every dossier even without news, in case a feed missed one.",
        21_600.0,
        unit="seconds",
        ge=60,
    )
    heartbeat_seconds: float = setting(
        "Schedule",
        "Between two signs of life to the hub's monitor page.",
        60.0,
        unit="seconds",
        ge=5,
    )
    drain_seconds: float = setting(
        "Schedule",
        "Time to finish what is under way when asked to stop. Below the 10 seconds that service"
        " and container managers wait.",
        8.0,
        unit="seconds",
        ge=0,
        le=300,
    )
    retry_attempts: int = setting(
        "Schedule",
        "Attempts for one document in one pass; then it stays To fetch until the next pass.",
        5,
        unit="attempts",
        ge=1,
        le=100,
    )

    webhook_port: int = setting(
        "Webhooks",
        "Port where hubs tell that there is news; 0 turns that off. Put a reverse proxy with a"
        " certificate before it.",
        0,
        ge=0,
        le=65_535,
    )
    webhook_host: str = setting(
        "Webhooks",
        "Address to listen on for webhooks. Loopback, because the reverse proxy is what the"
        " internet may reach.",
        "127.0.0.1",
        min_length=1,
    )
    webhook_url: str | None = setting(
        "Webhooks",
        "Address of the reverse proxy as hubs see it, such as https://hooks.office.example."
        " Without it no address can be told to a hub.",
    )

    log_format: Annotated[Literal["console", "json"], AnyCase] = setting(
        "Observation",
        "Log lines for people, or one JSON object a line for a log collector. On standard error.",
        "console",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AnyCase] = setting(
        "Observation", "Least severe log lines that are written.", "info"
    )
    metrics_host: str = setting(
        "Observation",
        "Address of the metrics and health endpoints. Loopback, because they have no login.",
        "127.0.0.1",
        min_length=1,
    )
    metrics_port: int = setting(
        "Observation",
        "Port of the metrics and health endpoints; 0 turns them off.",
        9464,
        ge=0,
        le=65_535,
    )

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - the signature is pydantic's
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` gathered and nothing else: the process environment is not read here."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings of a process from its environment and the files that it names.

        Raises:
            ConfigurationError: one line for each unknown name or invalid value.
        """
        return cls.from_gathered(gather(cls, environ))

    @classmethod
    def from_gathered(cls, gathered: Gathered) -> "Settings":
        """Validate gathered values; a message never shows a value, which may be a secret."""
        try:
            return cls(**gathered.values)
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False, include_context=False)
            lines = [_problem(p["loc"], p["msg"], gathered.sources) for p in problems]
            raise ConfigurationError("\n".join(lines)) from None

    @property
    def is_private_hub(self) -> bool:
        """Whether the hub may have a private address: it is this very machine, or was allowed."""
        return self.allow_private_hub or is_loopback(self.hub_url or "")

    @field_validator("hub_url", "webhook_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        scheme, _, rest = (value or "https://-").partition("://")
        if scheme not in {"http", "https"} or not rest:
            raise ValueError("write it as https://host[:port]/path")
        if "@" in rest.partition("/")[0]:
            raise ValueError("user and password do not belong in an address")
        return value

    @field_validator("state_dir", "hub_folder", "root", "ca_file", "rules_dir", "cache_dir")
    @classmethod
    def _is_expanded(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @field_validator("root")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_absolute():
            raise ValueError("write the whole path, from the root of a disk or share")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        url = self.hub_url or ""
        if url.startswith("http://") and not self.is_private_hub:
            raise ValueError(
                "a hub address starts with http://, which anybody on the way can read: use"
                f" https://, or set {PREFIX}ALLOW_PRIVATE_HUB for a hub on this machine or network"
            )
        webhook_url = self.webhook_url or ""
        if webhook_url.startswith("http://") and not is_loopback(webhook_url):
            raise ValueError(
                f"{PREFIX}WEBHOOK_URL starts with http://, so that anybody on the way could read"
                " the addresses of webhooks: use https://"
            )
        if self.in_flight_bytes < self.max_document_bytes:
            raise ValueError(
                f"{PREFIX}IN_FLIGHT_BYTES is below {PREFIX}MAX_DOCUMENT_BYTES, so the largest"
                " document could never be fetched"
            )
        return self


def _problem(location: tuple[int | str, ...], message: str, sources: Mapping[str, str]) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return f"Settings do not fit together: {text}."
    name = str(location[0])
    return f"{variable_name(name)} (from {sources.get(name, 'default')}): {text}."
