"""``dossierpost validate``."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import plain, say
from pipeline.cli.session import load_settings

if TYPE_CHECKING:
    from pipeline.app.validate import Checked
    from pipeline.domain.documents import ValidationReport

_REFUSED = "refused"


def command(
    files: Annotated[
        list[str], typer.Argument(help="Files, folders or zip archives; - is standard input.")
    ],
    rules: Annotated[
        str, typer.Option(help="What invoices are checked against, with commas.")
    ] = "xsd,en16931,peppol",
    language: Annotated[str, typer.Option(help="Of the messages: en, nl, fr or de.")] = "en",
    *,
    no_xsd: Annotated[
        bool, typer.Option("--no-xsd", help="Leave the schema out, to try rules on fragments.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line and file.")
    ] = False,
) -> None:
    """Check invoices, credit notes and bank statements.

    Exits with 0 when no fatal rule is broken, with 1 when one is or a file cannot be looked into,
    with 2 when the command is not usable.
    """
    from pipeline.app.validate import CheckRequest, check_documents

    layers = _known(rules.split(","), _layers(), "--rules")
    (spoken,) = _known([language], _languages(), "--language")
    request = CheckRequest(
        files, [layer for layer in layers if not (no_xsd and layer == "xsd")], spoken
    )
    checked = check_documents(load_settings(), request, sys.stdin.buffer)
    raise typer.Exit(_print_json(checked) if as_json else _print_text(checked))


def _known(asked: list[str], known: tuple[str, ...], option: str) -> list[str]:
    names = [name.strip() for name in asked]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(known)}.", param_hint=option)
    return names


def _layers() -> tuple[str, ...]:
    from pipeline.validation.checking import LAYERS

    return LAYERS


def _languages() -> tuple[str, ...]:
    from pipeline.validation.messages import LANGUAGES

    return LANGUAGES


def _print_json(checked: "Iterator[Checked]") -> Exit:
    code = Exit.DONE
    for one in checked:
        sys.stdout.write(json.dumps(plain(one.as_object()), ensure_ascii=False) + "\n")
        code = code if one.is_good else Exit.SOME_ERRORS
    return code


def _print_text(checked: "Iterator[Checked]") -> Exit:
    verdicts: Counter[str] = Counter()
    are_good = True
    for one in checked:
        verdicts[one.report.verdict if one.report else _REFUSED] += 1
        are_good = are_good and one.is_good
        for line in _lines(one):
            sys.stdout.write(line + "\n")
    counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    say(f"{verdicts.total()} checked: {counted or 'nothing found to check'}.")
    return Exit.DONE if are_good else Exit.SOME_ERRORS


def _lines(one: "Checked") -> Iterator[str]:
    """The file with its verdict, then each layer that did not run, and each finding."""
    if one.report is None:
        yield f"{one.file}: {_REFUSED}. {one.refused}"
        return
    yield f"{one.file}: {one.report.verdict}{_named(one.report)}"
    for layer in one.report.layers:
        if not layer.checked:
            yield f"  not checked: {layer.name} ({layer.reason})"
    for each in one.report.findings:
        place = [f"line {each.line}" if each.line else "", each.path or ""]
        where = ", ".join(part for part in place if part)
        yield f"  {each.severity} {each.rule}{f' ({where})' if where else ''}: {each.told}"


def _named(report: "ValidationReport") -> str:
    return f" ({report.key_data.number})" if report.key_data.number else ""
