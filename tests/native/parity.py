"""The native engine beside the Python one: the same findings to the last word, in the same order.

    python -m tests.native.parity --count 2000 --seed 7

Documents are those of the differential test: damaged invoices and credit notes, and some that aim
at each assertion.
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.rule_files import EMBEDDED_PEPPOL
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.reader import read_schema
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from tests.differential.mutate import Document, aimed, bases, directed, mutants, padded
from tests.differential.run import EN_16931, FRENCH, installed_rules
from tests.differential.targets import Targets

Check = Callable[[bytes], list[RuleFinding]]
Outcome = list[RuleFinding] | str
RULE_FILES = {
    "European": (installed_rules(EN_16931), EMBEDDED_PEPPOL),
    "French": (installed_rules(FRENCH),),
}


def rules_of(paths: Iterable[Path]) -> RuleSet:
    """Rule files that share a parse."""
    return RuleSet.load(*(RuleFile(path.stem, path.read_bytes()) for path in paths))


def documents(
    paths: Iterable[Path], seed: int, count: int, *, every: int = 1
) -> Iterator[Document]:
    """Documents for rule files: ``count`` mutants of each, and one of ``every`` that aim."""
    for number, body in enumerate(bases()):
        yield Document(f"good {number}", body)
    for path in paths:
        targets = Targets(read_schema(path.read_bytes()))
        yield from mutants(targets, seed, count)
        yield from padded(8)
        yield from islice(directed(targets), 0, None, every)
        yield from islice(aimed(targets, seed, turns=2), 0, None, every)


def outcome(check: Check, body: bytes) -> Outcome:
    """What an engine says of a document, a refusal among it."""
    try:
        return check(body)
    except DocumentRejected as refusal:
        return f"{refusal.rule}: {refusal}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A document of which the engines do not say the same."""

    document: Document
    details: str

    def __str__(self) -> str:
        return f"{self.document.name}: {self.details}"


def differences(one: Check, other: Check, documents: Iterable[Document]) -> list[Difference]:
    """Every document of which two engines do not say the same."""
    found = []
    for document in documents:
        first, second = outcome(one, document.body), outcome(other, document.body)
        if first != second:
            found.append(Difference(document, _details(first, second)))
    return found


def _details(first: Outcome, second: Outcome) -> str:
    if isinstance(first, str) or isinstance(second, str):
        return f"{str(first)[:200]} / {str(second)[:200]}"
    only = [str(each) for each in first if each not in second][:2]
    other = [str(each) for each in second if each not in first][:2]
    return f"only one: {only}, only the other: {other}"


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when the engines differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.native.parity", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="how many mutants")
    parser.add_argument("--seed", type=int, help="default: a new one")
    chosen = parser.parse_args(arguments)
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed
    return max(_compare(name, seed, chosen.count) for name in RULE_FILES)


def _compare(name: str, seed: int, count: int) -> int:
    rules = rules_of(RULE_FILES[name])
    if rules.native is None:
        raise SystemExit(f"There is no native engine: {rules.engine_name}.")
    made = list(documents(RULE_FILES[name], seed, count))
    found = differences(rules.native.check, rules.python.check, made)
    left = rules.native.left_to_python
    sys.stdout.write(f"{name}, seed {seed}: {len(made)} documents, {left} left to Python, ")
    sys.stdout.write(f"{len(found)} differ\n")
    sys.stdout.writelines(f"{each}\n" for each in found[:20])
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
