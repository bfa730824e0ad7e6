"""Our own Peppol rules find what the publisher's file finds, where somebody has that file.

It may not be passed on, so it is no part of this project: name a folder that has it, as
``peppol.sch`` or ``peppol.xslt``, in DOSSIERPOST_RULES_DIR (or copy what `rules fetch` stored).
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import pytest

from pipeline.validation.rule_files import EMBEDDED_PEPPOL, Origin, RulePlaces, RuleSetName
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleSet
from tests.data.peppol.examples import examples
from tests.data.peppol.mutants import mutants

FOLDER = os.environ.get("DOSSIERPOST_RULES_DIR")
OURS = frozenset(each.rule for each in examples())


@pytest.fixture(scope="module")
def official() -> RuleSet:
    if FOLDER is None:
        pytest.skip("NOT CHECKED: no folder with the official Peppol file in DOSSIERPOST_RULES_DIR")
    file = RulePlaces(Path(FOLDER)).find(RuleSetName.PEPPOL)
    if file.origin is not Origin.FOLDER:
        pytest.skip(f"NOT CHECKED: no peppol.sch or peppol.xslt in {FOLDER}")
    return RuleSet.load(file.data)


def documents() -> Iterator[bytes]:
    yield from chain.from_iterable((each.failing, each.passing) for each in examples())
    yield from islice(mutants(seed=30), 1500)


def test_our_rules_find_the_same_as_the_official_ones(official: RuleSet) -> None:
    own = RuleSet.load(EMBEDDED_PEPPOL)

    for document in documents():
        found, expected = (
            [one for one in rules.check(document) if one.rule in OURS] for rules in (own, official)
        )
        in_error = {one.rule for one in chain(found, expected) if one.error}
        assert _counted(found, in_error) == _counted(expected, in_error)


def _counted(found: Sequence[RuleFinding], leave_out: set[str]) -> Counter[str]:
    return Counter(one.rule for one in found if one.rule not in leave_out)
