from collections import defaultdict
from itertools import pairwise

import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.office import GeneratedDocument, Office


@pytest.fixture(scope="module")
def statements(office: Office) -> list[GeneratedDocument]:
    return [one for one in office.documents() if one.kind is DocumentKind.BANK_STATEMENT]


def records(document: GeneratedDocument) -> list[str]:
    text = document.body.decode("cp1252")
    assert text.endswith("\r\n")
    return text.split("\r\n")[:-1]


def signed(text: str) -> int:
    return int(text[1:]) * (-1 if text[0] == "1" else 1)


def test_every_record_has_128_characters_and_a_known_type(
    statements: list[GeneratedDocument],
) -> None:
    for statement in statements:
        lines = records(statement)
        assert {len(line) for line in lines} == {128}
        assert [line[0] for line in lines] == sorted(line[0] for line in lines)
        assert {line[0] for line in lines} == set("01289")


def test_control_totals_agree_with_the_movements(statements: list[GeneratedDocument]) -> None:
    for statement in statements:
        if statement.expected_rule:
            continue
        lines = records(statement)
        movements = [signed(line[31:47]) for line in lines if line[:2] == "21"]
        old, new = signed(lines[1][42:58]), signed(lines[-2][41:57])

        assert int(lines[-1][16:22]) == len(lines) - 2
        assert int(lines[-1][22:37]) == -sum(one for one in movements if one < 0)
        assert int(lines[-1][37:52]) == sum(one for one in movements if one > 0)
        assert old + sum(movements) == new


def test_statements_of_an_account_continue_one_another(office: Office) -> None:
    chains: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for document in office.documents():
        if document.kind is DocumentKind.BANK_STATEMENT:
            lines = records(document)
            chains[lines[1][5:39]].append(
                (int(lines[1][125:]), signed(lines[1][42:58]), signed(lines[-2][41:57]))
            )

    assert len(chains) == len(office.dossiers)
    for chain in chains.values():
        for before, after in pairwise(chain):
            assert after[0] == before[0] + 1
            assert after[1] == before[2]
