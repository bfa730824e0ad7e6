"""One word for each thing, in code and documents."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

REFUSED = {
    r"\bledger": "the database of what happened is the state; the file is the delivery log",
    r"\bjournal\b(?!l)": "accounting word; the file is the delivery log",
    r"class \w+Manager\b": "say what it does; only the operating system has a service manager",
}
ALLOWED = {
    "class ServiceManager": "the operating system's own word",
}
REFUSED_MODULES = {"utils", "common", "misc", "helpers", "service_layer"}


def sources() -> list[Path]:
    return sorted((ROOT / "pipeline").rglob("*.py"))


def test_refused_words_are_not_in_the_code() -> None:
    found = []
    for path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if any(word in line for word in ALLOWED):
                continue
            found += [
                f"{path.relative_to(ROOT)}:{number}: {reason}"
                for pattern, reason in REFUSED.items()
                if re.search(pattern, line)
            ]

    assert found == []


def test_no_module_is_a_catch_all() -> None:
    assert [path for path in sources() if path.stem in REFUSED_MODULES] == []


def test_a_module_is_about_one_thing() -> None:
    long = {path.name: len(path.read_bytes().splitlines()) for path in sources()}

    assert {name: lines for name, lines in long.items() if lines > 400} == {}
