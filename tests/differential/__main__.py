"""The differential test in its full form.

    python -m tests.differential --count 2000 --seed 7
    python -m tests.differential --count 5000 --rules path/to/rules.xslt

Prints the seed, so that a run can be repeated, and keeps the documents that went wrong in --keep.
"""

import argparse
import secrets
import sys
from pathlib import Path

from tests.differential.mutate import aimed, directed, mutants
from tests.differential.run import EN_16931, Subject, compare, expected_of, installed_rules


def main() -> int:
    """Exit code 1 when any document went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="how many mutants")
    parser.add_argument("--seed", type=int, help="default: a new one")
    parser.add_argument("--rules", type=Path, help="a compiled stylesheet; default: EN 16931")
    parser.add_argument("--keep", type=Path, help="a folder for the documents that went wrong")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**6) if arguments.seed is None else arguments.seed
    subject = Subject.of(arguments.rules or installed_rules(EN_16931))
    targets = subject.targets
    documents = [
        *directed(targets),
        *aimed(targets, seed),
        *mutants(targets, seed, arguments.count),
    ]
    result = compare(subject.rules.check, documents, expected_of(subject.path, documents))
    _say(f"seed {seed}: {len(documents)} documents")
    for outcome, count in result.outcomes.most_common():
        _say(f"{count:7} {outcome}")
    _say(f"{len(result.fired):7} of {len(set(subject.rules.rule_ids))} rules fired")
    for number, difference in enumerate(result.differences[:20]):
        _say(str(difference))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{number}.xml").write_bytes(difference.document.body)
    return 1 if result.differences else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
