"""SaxonC as the oracle, in a process of its own: it may end its process, and tells every abort.

Run as a program, this module compiles the stylesheet it is given, reads documents in base64, one a
line, and answers each with a line of JSON: the failed assertions as pairs of id and location, or
null when SaxonC gave up.
"""

import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Failed = tuple[str, str]
"""Id of an assertion, and the node as `location_steps` writes it."""
_FAILED = re.compile(r"<(?:svrl:failed-assert|found)\b(.*?)>", re.DOTALL)
_ID = re.compile(r'\sid="([^"]*)"')
_LOCATION = re.compile(r'\slocation="([^"]*)"')
_STEP = re.compile(r"/(?:\*:)?([^/\[]+)(?:\[namespace-uri\(\)=[^\]]*\])?(?:\[(\d+)\])?")
_ROOTS = frozenset({"Invoice", "CreditNote"})
"""Inside a document these are of two namespaces, which the oracle does not tell apart."""
_BATCH = 40


class Oracle:
    """A process that answers for one stylesheet."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests = requests
        self._answers = answers

    def failed(self, documents: Sequence[bytes]) -> Iterator[list[Failed] | None]:
        """For each document the assertions that fail, None where SaxonC gave up."""
        for start in range(0, len(documents), _BATCH):
            batch = documents[start : start + _BATCH]
            for document in batch:
                self._requests.write(b64encode(document).decode() + "\n")
            self._requests.flush()
            for _ in batch:
                answer = json.loads(self._answers.readline())
                yield None if answer is None else [(one[0], one[1]) for one in answer]


@contextmanager
def running(stylesheet: Path) -> Iterator[Oracle]:
    """Start the process and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(stylesheet)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin
    assert process.stdout
    try:
        with process.stdin, process.stdout:
            yield Oracle(process.stdin, process.stdout)
        process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()


def location_steps(location: str) -> str:
    """A path as local names, with places other than the first."""
    steps = ((name.rpartition(":")[2], place) for name, place in _STEP.findall(location))
    return "/".join(
        name + (f"[{place}]" if place not in ("", "1") and name not in _ROOTS else "")
        for name, place in steps
    )


def _failed_in(report: str) -> list[Failed]:
    found = []
    for failure in _FAILED.findall(report):
        name, location = _ID.search(failure), _LOCATION.search(failure)
        place = location_steps(location[1].replace("&#39;", "'")) if location else ""
        found.append((name[1] if name else "", place))
    return found


def _answer(sheet: Any, saxon: Any, line: str) -> list[Failed] | None:
    try:
        tree = saxon.parse_xml(xml_text=b64decode(line).decode())
        return _failed_in(sheet.transform_to_string(xdm_node=tree))
    except Exception:  # noqa: BLE001 - it gave up, whatever it calls that
        return None


def main() -> None:
    """Answer for each line of standard input."""
    import saxonche  # type: ignore[import-not-found]  # noqa: PLC0415 - here only

    with saxonche.PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()
        sheet = compiler.compile_stylesheet(stylesheet_file=sys.argv[1])
        for line in sys.stdin:
            print(json.dumps(_answer(sheet, saxon, line)), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
