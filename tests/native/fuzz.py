"""Damaged documents and damaged programs for the extension, compiled to check itself.

    python -m tests.native.fuzz --seconds 600 --seed 7

A wrong access to memory or an undefined operation ends the run with the place where it happened;
the input that did it is then in the folder that is told at the start. What both engines say of a
document is compared as well.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.one_pass import OnePass
from pipeline.validation.rule_files import EMBEDDED_PEPPOL
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from pipeline.validation.structure.checker import NativeStructure
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.xml import XmlLimits
from tests.differential.mutate import VALUES, bases
from tests.differential.run import EN_16931, installed_rules
from tests.native.build import SANITIZE, checked_extension, checking_environment
from tests.unit.validation.structure.test_accepted import lxml_accepts

_TOKENS = (
    b"<", b">", b"/>", b"</", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x y?>", b"<!DOCTYPE a>",
    b"&amp;", b"&#9;", b"&#x10FFFF;", b'xmlns=""', b'xmlns:cbc="urn:x"', b'schemeID="0088"',
    b'currencyID="EUR"', b"cbc:ID", b"cac:Party", b"cbc:Percent", b":", b"", b"\xff", b"\x00",
    b"<![CDATA[]]>", b"<?xml-stylesheet a?>", b"\r\n", b"\r", b"&#xD800;", b"&#0;", b"&",
    b'xmlns:q="urn:q"', b'q:y="1"', b"<q:x/>", b"\xc3\xa9", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80",
    *(value.encode() for value in VALUES),
)  # fmt: skip
_WORDS = (0, 1, 2, 7, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
_COMPARED_EVERY = 20
"""Python is slow beside a fuzzer."""


@dataclass
class Fuzzer:
    """Damages documents and programs, always the same way for the same seed."""

    seed: int
    folder: Path
    rules: RuleSet = field(init=False)
    runs: int = 0
    loaded: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - test data
        files = (installed_rules(EN_16931), EMBEDDED_PEPPOL)
        self.rules = RuleSet.load(*(RuleFile(one.stem, one.read_bytes()) for one in files))
        self.module = checked_extension()
        self.program = self.rules._compiled.serialised
        self.engine = RuleSet.load(*self.rules.files).native
        assert self.engine is not None, self.rules.engine_name
        structure = ubl_structure()
        assert isinstance(structure, NativeStructure)
        self.one_pass = OnePass(structure, self.rules)

    def run(self, seconds: float) -> None:
        """Go on for some time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.runs += 1
            if self.random.random() < 0.3:
                self._program()
            else:
                self._document()

    def _document(self) -> None:
        times = self.random.choice((1, 1, 2, 5, 20))
        body = damaged(self.random, self.random.choice(bases()), times)
        (self.folder / "document.xml").write_bytes(body)
        self._structure(body)
        found = _outcome(self.engine.check, body)  # type: ignore[union-attr]
        if self.runs % _COMPARED_EVERY == 0:
            assert found == _outcome(self.rules.python.check, body), self.folder

    def _structure(self, body: bytes) -> None:
        """Both ways accept the same, and nothing that lxml does not accept."""
        limits = XmlLimits()
        alone = self.one_pass.structure.accept(body, limits, wants_objects=True)
        accepted = self.one_pass.accept(body, limits, wants_objects=True)
        if alone is None or accepted is None:
            assert alone is accepted is None, self.folder
            return
        assert (alone.root, alone.texts) == (accepted.root, accepted.texts), self.folder
        assert lxml_accepts(body), self.folder

    def _program(self) -> None:
        program = bytearray(self.program)
        for _ in range(self.random.choice((1, 1, 2, 5, 50))):
            at = self.random.randrange(len(program) // 4) * 4
            word = int.from_bytes(program[at : at + 4], "little")
            word = self.random.choice(
                (*_WORDS, word + 1, word - 1, word ^ 1 << self.random.randrange(32))
            )
            program[at : at + 4] = (word & 2**32 - 1).to_bytes(4, "little")
        (self.folder / "program").write_bytes(program)
        try:
            rules = self.module.Rules(bytes(program), 500_000, 64, 64)
        except ValueError:
            return
        self.loaded += 1
        for _ in range(3):
            rules.check(self.random.choice(bases()))


def _outcome(check: Callable[[bytes], object], body: bytes) -> object:
    try:
        return check(body)
    except DocumentRejected as refusal:
        return str(refusal)


def _flip(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << random.randrange(8)]) + body[at + 1 :]


def _insert(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body))
    return body[:at] + random.choice(_TOKENS) + body[at:]


def _replace(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body))
    end = body.find(random.choice((b"<", b">", b'"')), at)
    return body[:at] + random.choice(_TOKENS) + body[max(end, at) :]


def _between_tags(random: Random, body: bytes) -> bytes:
    """Another value in an element, which leaves the document well-formed."""
    at = body.find(b">", random.randrange(len(body))) + 1
    end = body.find(b"<", at)
    return body[:at] + random.choice(VALUES).encode() + body[max(end, at) :]


def _repeat(random: Random, body: bytes) -> bytes:
    start, end = sorted(random.randrange(len(body)) for _ in range(2))
    return body[:end] + body[start:end] + body[end:]


def _remove(random: Random, body: bytes) -> bytes:
    start = random.randrange(len(body))
    return body[:start] + body[start + random.randrange(200) :] or b"<a/>"


_DAMAGE = (_flip, _insert, _replace, _between_tags, _between_tags, _between_tags, _repeat, _remove)


def damaged(random: Random, body: bytes, times: int) -> bytes:
    """The body with so much damage done to it."""
    for _ in range(times):
        body = random.choice(_DAMAGE)(random, body) or b"<a/>"
    return body


def fuzz(seconds: float, seed: int) -> str:
    """Run in this process, which has to have been started for it; what was done, in words."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    sys.stdout.write(f"seed {seed}, the last inputs are in {folder}\n")
    sys.stdout.flush()
    fuzzer = Fuzzer(seed, folder)
    fuzzer.run(seconds)
    shutil.rmtree(folder)
    return f"{fuzzer.runs} inputs, {fuzzer.loaded} damaged programs were loaded, without a finding"


def main(arguments: Sequence[str]) -> int:
    """Start the process that checks itself, or be it."""
    parser = argparse.ArgumentParser(prog="python -m tests.native.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="default: a new one")
    chosen = parser.parse_args(arguments)
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed
    if os.environ.get(SANITIZE):
        sys.stdout.write(fuzz(chosen.seconds, seed) + "\n")
        return 0
    again = [sys.executable, "-m", "tests.native.fuzz", "--seconds", str(chosen.seconds)]
    command = [*again, "--seed", str(seed)]
    return subprocess.run(command, env=checking_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
