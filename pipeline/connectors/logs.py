"""Logging set-up: one line an event on a stream, structured, scrubbed, off the event loop.

Code logs through structlog or the standard library alike. Only the fields of `FIELDS` are
written, every text is cleaned, and a thread does the writing, so that a full pipe behind standard
error stalls no document; what does not fit in its bounded queue is dropped and counted.
"""

import logging
import queue
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, TextIO

import orjson
import structlog

from pipeline.connectors.redaction import clean, masked, on_one_line, worth_hiding

LogForm = Literal["console", "json"]

FIELDS = frozenset({
    "acked", "action", "address", "attempt", "attempts", "count", "destination", "destinations",
    "document", "dossier", "dossiers", "dropped", "due", "error", "errors", "evidence",
    "exit_code", "fingerprint", "folder", "forwarded", "held", "host", "hub", "hubs", "instance",
    "kind", "lane", "layer", "limit", "listed", "location", "loop", "outcome", "package", "path",
    "pid", "platform", "port", "problem", "queued", "reason", "recovered", "retry_after_s", "rule",
    "rules_engine", "seconds", "sha256", "signal", "size_bytes", "stage", "state", "status",
    "tenant", "verdict", "version", "worker", "workers",
})  # fmt: skip
"""Every field a log line may have. No content of documents, no names of people or enterprises."""

_OWN_KEYS = frozenset({"event", "level", "timestamp", "logger", "exception"})
_QUEUED_LINES = 10_000
_CLOSE_SECONDS = 2.0
_LONGEST_TRACEBACK = 16_000
_NAMESPACE = "pipeline"

EventDict = MutableMapping[str, Any]


@dataclass(slots=True)
class LogStatus:
    """What became of log lines; ``dropped`` grows while the stream does not take them."""

    dropped: int = 0


@contextmanager
def logging_to(
    stream: TextIO, *, form: LogForm = "console", level: str = "info", secrets: Iterable[str] = ()
) -> Iterator[LogStatus]:
    """Write log lines to ``stream`` until the context ends; then flush and restore logging.

    ``secrets`` are values that must not appear whatever they look like. Other libraries are heard
    from warnings on.
    """
    status = LogStatus()
    writer = _Writer(stream, status)
    handler = _Handler(writer, status)
    handler.setFormatter(_formatter(form, _Scrubber(secrets), use_colours=stream.isatty()))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    with _installed(handler, getattr(logging, level.upper())):
        try:
            yield status
        finally:
            writer.close()
            structlog.reset_defaults()


class _Writer:
    """A thread that writes lines to a stream, from a bounded queue that never makes a caller wait.

    It is a daemon: a stream that takes nothing any more does not keep the process alive.
    """

    def __init__(self, stream: TextIO, status: LogStatus) -> None:
        self._stream = stream
        self._status = status
        self._lines: queue.Queue[str | None] = queue.Queue(_QUEUED_LINES)
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Queue a line, or count it as dropped."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._status.dropped += 1

    def close(self) -> None:
        """Write what is queued, as far as the stream takes it in time, and end."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=_CLOSE_SECONDS)
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._stream.write(f"{line}\n")
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError):  # the stream is gone; the documents go on
                self._status.dropped += 1
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Handler(logging.Handler):
    """Formats where the event happened, and hands the line to the writing thread."""

    def __init__(self, writer: _Writer, status: LogStatus) -> None:
        super().__init__()
        self._writer = writer
        self._status = status

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line; an event that cannot be formatted is counted, never shown raw."""
        try:
            self._writer.put(self.format(record))
        except Exception:  # noqa: BLE001 - a log line must not end a document
            self._status.dropped += 1


class _Scrubber:
    """Processor: keep the allowed fields, and clean every text in them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = worth_hiding(secrets)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        exception = event.pop("exception", None)
        kept = {k: self._clean(v) for k, v in event.items() if k in FIELDS or k in _OWN_KEYS}
        if left_out := sorted(event.keys() - kept.keys()):
            kept["left_out"] = clean(",".join(left_out))
        if exception is not None:
            kept["exception"] = self._clean_traceback(exception)
        return kept

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        return clean(str(value), self._secrets)

    def _clean_traceback(self, text: str) -> str:
        """Cleaned line by line and indented, so that no message can pose as a log line."""
        lines = masked(text, self._secrets)[-_LONGEST_TRACEBACK:].split("\n")
        return "\n".join(f"    {on_one_line(line)}" for line in lines)


def _formatter(
    form: LogForm, scrubber: _Scrubber, *, use_colours: bool
) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrubber,
            _console(use_colours=use_colours) if form == "console" else _json(),
        ],
    )


def _console(*, use_colours: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=use_colours,
        pad_event_to=0,
        exception_formatter=structlog.dev.plain_traceback,
    )


def _json() -> structlog.processors.JSONRenderer:
    def dumps(event: EventDict, **_options: Any) -> str:
        return orjson.dumps(event).decode()

    return structlog.processors.JSONRenderer(serializer=dumps)


@contextmanager
def _installed(handler: logging.Handler, level: int) -> Iterator[None]:
    """The handler on the root logger, with our level for us and warnings for all others."""
    root, own = logging.getLogger(), logging.getLogger(_NAMESPACE)
    before = root.level, own.level, root.handlers[:]
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    own.setLevel(level)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = before[2]
        root.setLevel(before[0])
        own.setLevel(before[1])
