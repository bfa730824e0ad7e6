"""The example in docs/validation.md is a program that works."""

import re
from pathlib import Path

import pytest

from tests.data.peppol.changes import changed, without

PAGE = Path(__file__).parents[3] / "docs" / "validation.md"
BUYER = "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        (changed(without(BUYER)), "PEPPOL-EN16931-R010 /Invoice/cac:AccountingCustomerParty"),
        (b"<Invoice", "xml-syntax The XML cannot be read"),
    ],
    ids=["an invalid invoice", "no XML"],
)
def test_the_example_prints_what_is_wrong(
    body: bytes,
    printed: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "invoice.xml").write_bytes(body)
    monkeypatch.chdir(tmp_path)

    exec(compile(program, str(PAGE), "exec"), {})  # noqa: S102 - our own page

    assert printed in capsys.readouterr().out
