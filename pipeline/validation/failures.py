"""The program's own failures with a document: it counts as unchecked, and a person is told.

Such a document is delivered, because the accountant must deal with it whatever happened here. An
accounting package that holds invalid documents holds it too.
"""

import traceback

from pipeline.domain.documents import (
    CheckFailure,
    FailureCause,
    Finding,
    LayerReport,
    Severity,
    ValidationReport,
    Verdict,
)

_DETAILS_MAX = 8000
_TEXTS = {
    FailureCause.TIMEOUT: "checking it took longer than a document may take",
    FailureCause.CRASH: "the process that checks documents broke down on it",
    FailureCause.MEMORY: "checking it took more memory than a document may take",
    FailureCause.ERROR: "the program failed on it",
}
_CONTENT = "content"


def failure_of(error: Exception) -> CheckFailure:
    """What is told of an error that nobody planned for.

    Nothing is formatted when memory ran out: that would take more of it.
    """
    if isinstance(error, MemoryError):
        return CheckFailure(FailureCause.MEMORY, "MemoryError")
    details = "".join(traceback.format_exception(error))
    return CheckFailure(FailureCause.ERROR, details[-_DETAILS_MAX:])


def failed_layer(layer: LayerReport, failure: CheckFailure) -> LayerReport:
    """The layer, which did not run to its end."""
    reason = f"not checked, {_TEXTS[failure.cause]}"
    return LayerReport(layer.name, layer.version, checked=False, reason=reason)


def failed_finding(layer: str, failure: CheckFailure) -> Finding:
    """What a person reads; nothing of the document is in it."""
    return Finding(
        layer,
        f"unchecked-{failure.cause}",
        Severity.WARNING,
        f"The document was not checked: {_TEXTS[failure.cause]}. Look at it before it is booked,"
        " and report the failure with the traceback in the log.",
    )


def failed_report(failure: CheckFailure) -> ValidationReport:
    """The report on a document of which nothing is known."""
    layer = failed_layer(LayerReport(_CONTENT, ""), failure)
    return ValidationReport(
        Verdict.UNCHECKED,
        layers=(layer,),
        findings=(failed_finding(_CONTENT, failure),),
        failures=(failure,),
    )
