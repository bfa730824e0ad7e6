from random import Random

import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.testing.contracts.profile import listed, rule_of
from pipeline.validation.validator import Validator
from tests.data.hostile.documents import good

INSERTS = (
    b"<",
    b">",
    b"&",
    b"\0",
    b"\xff",
    b"]]>",
    b"<!--",
    b"&#0;",
    b"<?x?>",
    b"9" * 200,
    b"\r\n",
)


def damaged(rng: Random, body: bytes) -> bytes:
    """One of five kinds of damage at a random place."""
    start = rng.randrange(len(body))
    end = min(len(body), start + rng.randrange(1, 200))
    match rng.randrange(5):
        case 0:
            return body[:start] + bytes([rng.randrange(256)]) + body[start + 1 :]
        case 1:
            return body[:start] + body[end:]
        case 2:
            return body[:end] + body[start:]
        case 3:
            return body[:start] + rng.choice(INSERTS) + body[start:]
        case _:
            return body[:start]


@pytest.mark.parametrize("kind", DocumentKind)
async def test_whatever_is_damaged_ends_in_a_report_or_a_rejection(
    validator: Validator, kind: DocumentKind
) -> None:
    rng = Random(f"damage/{kind}")  # noqa: S311 - test data, no secret
    body = good(kind)

    outcomes = await validator.validate([listed(damaged(rng, body), kind) for _ in range(400)])

    rules = {rule_of(outcome) for outcome in outcomes}
    assert None in rules or kind is DocumentKind.BANK_STATEMENT
    assert kind is DocumentKind.OTHER or len(rules) > 3
