"""What SaxonC makes of a Schematron file: the second opinion on our own rules.

The file becomes a stylesheet in which a pattern is a mode and the order of its rules a falling
priority, which is what Schematron means by first match. Run as a program, this module reads
documents (base64, one a line) on standard input and prints rule ids for each (JSON, null: gave up):
SaxonC can end its process, so it has one of its own.
"""

import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

SCHEMATRON = "{http://purl.oclc.org/dsdl/schematron}"
XSLT = "{http://www.w3.org/1999/XSL/Transform}"
_FOUND = re.compile(r'<found id="([^"]*)"')


def findings_by_saxon(rules: Path, documents: Sequence[bytes]) -> list[Counter[str] | None]:
    """How often each rule fails in each document; None where SaxonC gave the document up."""
    answer = subprocess.run(
        [sys.executable, "-m", __name__, str(rules)],
        input="\n".join(b64encode(each).decode() for each in documents),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[4],
    )
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    return [None if each is None else Counter(each) for each in found]


def stylesheet(rules: Path) -> bytes:
    """The Schematron file as XSLT 2."""
    schema = etree.parse(rules).getroot()
    names = {"xsl": XSLT[1:-1]}
    for each in schema.findall(f"{SCHEMATRON}ns"):
        names[each.get("prefix") or ""] = each.get("uri") or ""
    sheet = etree.Element(f"{XSLT}stylesheet", {"version": "2.0"}, names)
    for function in schema.findall(f"{XSLT}function"):
        sheet.append(function)
    for value in schema.findall(f"{SCHEMATRON}let"):
        _variable(sheet, value)
    start = etree.SubElement(sheet, f"{XSLT}template", {"match": "/"})
    all_found = etree.SubElement(start, "all")
    for place, pattern in enumerate(schema.findall(f"{SCHEMATRON}pattern")):
        mode = f"pattern{place}"
        etree.SubElement(all_found, f"{XSLT}apply-templates", {"select": "*", "mode": mode})
        _pattern(sheet, pattern, mode)
    return etree.tostring(sheet)


def _pattern(sheet: etree._Element, pattern: etree._Element, mode: str) -> None:
    rules = pattern.findall(f"{SCHEMATRON}rule")
    for place, rule in enumerate(rules):
        template = _template(sheet, rule.get("context") or "", mode, len(rules) - place)
        for value in rule.findall(f"{SCHEMATRON}let"):
            _variable(template, value)
        for each in rule.findall(f"{SCHEMATRON}assert"):
            guard = etree.SubElement(template, f"{XSLT}if", {"test": f"not({each.get('test')})"})
            etree.SubElement(guard, "found", {"id": each.get("id") or ""})
        _go_on(template, mode)
    _go_on(_template(sheet, "*", mode, 0), mode)


def _template(sheet: etree._Element, match: str, mode: str, priority: int) -> etree._Element:
    options = {"match": match, "mode": mode, "priority": str(priority)}
    return etree.SubElement(sheet, f"{XSLT}template", options)


def _go_on(template: etree._Element, mode: str) -> None:
    etree.SubElement(template, f"{XSLT}apply-templates", {"select": "*", "mode": mode})


def _variable(parent: etree._Element, value: etree._Element) -> None:
    options = {"name": value.get("name") or "", "select": value.get("value") or ""}
    etree.SubElement(parent, f"{XSLT}variable", options)


def main() -> None:
    """Answer for each line of standard input."""
    import saxonche  # type: ignore[import-not-found]  # noqa: PLC0415 - here only

    with saxonche.PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()
        text = stylesheet(Path(sys.argv[1])).decode()
        sheet = compiler.compile_stylesheet(stylesheet_text=text)
        for line in sys.stdin:
            tree = saxon.parse_xml(xml_text=b64decode(line).decode())
            try:
                found = _FOUND.findall(sheet.transform_to_string(xdm_node=tree))
            except saxonche.PySaxonApiError:
                found = None
            print(json.dumps(found), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
