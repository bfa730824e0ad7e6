"""The whole error tree: the class says how much stops.

    PipelineError
      TransientError(retry_after)   nothing stops: tried again later, the status stays To fetch
        DestinationUnavailable        the volume cannot be written now; its breaker opens
        HubUnavailable                the hub cannot be reached now; its breaker opens
      DocumentRejected(rule)        one document: status Error with the rule and the reason
        DocumentHeld                  one document waits for a person; its bytes are kept
      TenantBlocked                 one dossier pauses and a person is told
        CredentialsRejected           sign in again
        LocationUnusable              the folder cannot be used as configured
      ConfigurationError            the process stops with exit code 2, before any work
        AnotherInstance               somebody else owns the state or a staging folder; exit code 6

Anything else is a bug: traceback in the log, the document is Error, the rest goes on.
Connectors translate at their edge with ``raise ... from``; only ``engine.runner`` catches.
Every message says what happened, to what, and what to do next.
"""

from datetime import timedelta

from pipeline.domain.documents import DocumentKey, ValidationReport


class PipelineError(Exception):
    """Root of everything the pipeline raises on purpose."""


class TransientError(PipelineError):
    """Something outside failed in a way that may pass by itself."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DestinationUnavailable(TransientError):
    """A destination volume is full, read-only, gone or not answering."""


class HubUnavailable(TransientError):
    """A hub refuses connections, answers 5xx or does not answer in time."""


class DocumentRejected(PipelineError):
    """One document cannot be delivered; the others go on.

    ``report`` is what validation found before it gave up: key data, layers and findings.
    """

    def __init__(self, message: str, *, rule: str, report: ValidationReport | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.report = report


class DocumentHeld(DocumentRejected):
    """One document waits for a person to release it.

    Delivering it might book it twice, or its accounting package wants no invalid documents.
    ``repeats`` is the document that it would be booked twice with.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        report: ValidationReport | None = None,
        repeats: DocumentKey | None = None,
    ) -> None:
        super().__init__(message, rule=rule, report=report)
        self.repeats = repeats


class TenantBlocked(PipelineError):
    """One dossier pauses until a person changes something."""


class CredentialsRejected(TenantBlocked):
    """The hub does not accept the credentials any more."""


class LocationUnusable(TenantBlocked):
    """A location is missing, refuses writing, or would be shared with another dossier."""


class ConfigurationError(PipelineError):
    """The set-up is wrong; nothing was done."""


class AnotherInstance(ConfigurationError):
    """Another process, or another installation, owns the state or a staging folder."""
