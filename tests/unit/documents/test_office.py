import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from stdnum.be import vat

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.broken import Defect, break_document
from pipeline.testing.documents.office import Office, generate_office

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (generate_office(seed, 5, 60, before=MOMENT) for seed in (1, 1, 2))

    assert list(first.documents()) == list(again.documents())
    assert first.dossiers == again.dossiers
    assert first.document(3).body != other.document(3).body


def test_a_document_does_not_depend_on_those_drawn_before(office: Office) -> None:
    in_order = list(office.documents())

    assert office.document(700) == in_order[700]
    assert office.document(3) == in_order[3]
    assert office.kind(3) is in_order[3].kind


def test_every_id_is_used_once_and_dossiers_take_turns(office: Office) -> None:
    documents = list(office.documents())

    assert len({one.id for one in documents}) == len(documents)
    assert [one.dossier_index for one in documents[:21]] == [*range(20), 0]


def test_no_two_documents_that_are_to_be_delivered_have_the_same_content() -> None:
    office = generate_office(1, 4, 400, before=MOMENT)

    bodies = [one.body for one in office.documents() if one.expected_rule is None]

    assert len(set(bodies)) == len(bodies)


def test_documents_come_oldest_first_within_the_days_before_the_moment(office: Office) -> None:
    moments = [one.received_at for one in office.documents()]

    assert moments == sorted(moments)
    assert MOMENT - timedelta(days=30) <= moments[0]
    assert moments[-1] <= MOMENT


def test_dossiers_have_valid_vat_numbers_and_their_own_numbers(office: Office) -> None:
    assert all(vat.is_valid(dossier.vat) for dossier in office.dossiers)
    assert len({dossier.dossier_number for dossier in office.dossiers}) == 20
    assert len({dossier.id for dossier in office.dossiers}) == 20


def test_six_in_a_thousand_are_broken_in_every_way() -> None:
    office = generate_office(1, 50, 3006, before=MOMENT)

    rules = Counter(one.expected_rule for one in office.documents() if one.expected_rule)

    assert sum(rules.values()) == 18
    assert rules["coda-credit-total"] + rules["coda-debit-total"] == 3
    assert all(rules[rule] == 3 for rule in ("xml-syntax", "doctype", "xsd", "wrong-kind", "size"))


def test_a_hundred_thousand_documents_are_not_held_in_memory() -> None:
    office = generate_office(1, 1000, 100_000, before=MOMENT)
    documents = office.documents()

    tracemalloc.start()
    total = sum(len(next(documents).body) for _ in range(1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total > 10_000_000
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("defect", "complaint"),
    [
        pytest.param(Defect.WRONG_DIGIT, "statement with movements", id="digit in an invoice"),
        pytest.param(Defect.ENTITY, "invoice or credit note", id="entity in a letter"),
    ],
)
def test_a_defect_that_does_not_fit_the_document_is_refused(defect: Defect, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        break_document(b"%PDF-1.4", defect)


def test_all_kinds_occur(office: Office) -> None:
    assert {office.kind(index) for index in range(office.count)} == set(DocumentKind)
