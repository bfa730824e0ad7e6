"""Which rules no generated document breaks: the list may only get shorter."""

from itertools import chain
from pathlib import Path

import pytest

from tests.differential.conftest import Run
from tests.differential.mutate import aimed, directed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NEVER = Path(__file__).with_name("rules_that_never_fire.txt")


def test_no_other_rule_is_left_out(european: Run) -> None:
    rules, targets = european.subject.rules, european.subject.targets
    silent = set(rules.rule_ids)
    for document in chain(directed(targets), aimed(targets, 0, turns=2)):
        silent -= {one.rule for one in rules.check(document.body)}

    listed = {line for line in NEVER.read_text().splitlines() if not line.startswith("#")}

    assert silent <= listed, f"never fired: {sorted(silent - listed)}"
