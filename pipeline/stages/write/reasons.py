"""Reasons: why a document was not placed, as a person reads it."""

from pipeline.domain.customers import AccountingPackage
from pipeline.domain.delivery import DocumentRow, PlannedDelivery, RowStatus
from pipeline.domain.documents import CheckedDocument, DocumentKey, Severity
from pipeline.domain.duplicates import Sameness
from pipeline.domain.errors import DocumentHeld, DocumentRejected, LocationUnusable
from pipeline.ports.destination import FolderFault, FolderProblem
from pipeline.ports.state import IntentOutcome

_RULES_NAMED = 5
_SAME = {
    Sameness.CONTENT: "has the same content as",
    Sameness.INVOICE: "has the supplier, number, date and type of",
    Sameness.STATEMENT: "has a bank statement that is in",
}


def unusable(problem: FolderProblem, setting: str) -> LocationUnusable:
    """A folder that only a person can put right."""
    change = f"change {setting}"
    text = {
        FolderFault.MISSING: f"does not exist. Create it, or {change}.",
        FolderFault.REFUSES_WRITING: (
            f"refuses files. Give account {problem.account} the right to list, create and rename"
            " in it."
        ),
        FolderFault.IS_LINK: (
            f"is, or is reached through, a link or a file. Links below the location are not"
            f" followed: put a plain folder there, or {change}."
        ),
        FolderFault.OTHER_VOLUME: (
            f"lies on another volume than the folder above it. To deliver there, {change} so that"
            " it begins on that volume."
        ),
        FolderFault.OUTSIDE: f"lies outside its location. To deliver there, {change}.",
    }[problem.fault]
    return LocationUnusable(f"Folder {problem.folder} {text}")


def busy(problem: FolderProblem) -> LocationUnusable:
    """Somebody held a file, or refused it, for too long."""
    return LocationUnusable(
        f"Folder {problem.folder} refused a file for a minute. Give account {problem.account} the"
        " right to create and rename in it; if it has that, a program such as a virus scanner"
        " holds the file: exclude the folder .dossierpost from it."
    )


def vanished(delivery: PlannedDelivery) -> DocumentRejected:
    """Somebody removes staged files faster than they are moved."""
    return DocumentRejected(
        f"Document {delivery.key.document_id} was removed from the folder .dossierpost again and"
        " again before it could be moved to its folder. A virus scanner may have taken it: look at"
        " its reports, exclude the folder, then retry the document.",
        rule="vanished",
    )


def no_name_left(delivery: PlannedDelivery) -> DocumentRejected:
    """Every choice of name belongs to another file."""
    file = delivery.files[-1]
    return DocumentRejected(
        f"Folder {file.folder} has too many files named like {file.name}. Move the old ones away,"
        " then retry the document.",
        rule="name",
    )


def duplicate(delivery: PlannedDelivery, outcome: IntentOutcome) -> DocumentHeld:
    """The client has this document already, by this channel or another."""
    other = outcome.other
    same = _SAME[outcome.sameness or Sameness.CONTENT]
    return DocumentHeld(
        f"{_called(delivery)} {same} {_described(other, beside=delivery.key)}. Release it only if"
        " it must be booked twice.",
        rule="duplicate",
        repeats=other.key if other else None,
    )


def changed(delivery: PlannedDelivery, outcome: IntentOutcome) -> DocumentHeld:
    """The hub has other content under an id that was delivered."""
    return DocumentHeld(
        f"{_called(delivery)} was changed at the hub: it differs from {_described(outcome.other)}."
        " Release it to deliver the new version beside the old one, under a name of its own.",
        rule="changed",
    )


def invalid(item: CheckedDocument, package: AccountingPackage) -> DocumentHeld:
    """Rules of its format do not hold, and the accounting package blocks such documents."""
    broken = [each for each in item.report.findings if each.severity is Severity.FATAL]
    rules = list(dict.fromkeys(each.rule for each in broken))
    more = f" and {len(rules) - _RULES_NAMED} more" if len(rules) > _RULES_NAMED else ""
    return DocumentHeld(
        f"Document {item.key.document_id} breaks {', '.join(rules[:_RULES_NAMED])}{more}:"
        f" {broken[0].message} Accounting package {package.name} holds invalid documents. Ask the"
        " sender for a correct one, or release this one to deliver it as it is.",
        rule=rules[0],
    )


def unchecked(item: CheckedDocument, package: AccountingPackage) -> DocumentHeld:
    """The program failed on it, and the accounting package wants to be sure."""
    cause = item.report.failures[0].cause
    return DocumentHeld(
        f"Document {item.key.document_id} could not be checked ({cause}), and accounting package"
        f" {package.name} holds invalid documents. Look at it, then release it to deliver it as it"
        " is.",
        rule=f"unchecked-{cause}",
    )


def _called(delivery: PlannedDelivery) -> str:
    number = f" ({delivery.key_data.number})" if delivery.key_data.number else ""
    return f"Document {delivery.key.document_id}{number}"


def _described(row: DocumentRow | None, beside: DocumentKey | None = None) -> str:
    if row is None:
        return "a document that was delivered before"
    version = f", version {row.key.version}" if row.key.version != "1" else ""
    channel = f" of hub {row.key.hub}" if beside and row.key.hub != beside.hub else ""
    return f"document {row.key.document_id}{version}{channel}, {_placed(row)}"


def _placed(row: DocumentRow) -> str:
    if row.status in (RowStatus.DELIVERED, RowStatus.ACKED):
        return f"placed as {row.path} on {row.updated_at:%Y-%m-%d}"
    if row.status is RowStatus.INTENT:
        return f"which is being placed as {row.path}"
    return f"which waits for a person itself: {row.reason}"
