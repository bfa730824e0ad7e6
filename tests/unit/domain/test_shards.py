from collections import Counter

import pytest

from pipeline.domain.shards import WHOLE, Shard

TENANTS = [f"hub/dossier-{number}" for number in range(3000)]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_dossier_belongs_to_exactly_one_shard_and_all_have_about_as_many(count: int) -> None:
    shards = [Shard(number, count) for number in range(1, count + 1)]

    owners = [[shard.number for shard in shards if shard.has(tenant)] for tenant in TENANTS]

    assert {len(each) for each in owners} == {1}
    sizes = Counter(owner for [owner] in owners)
    assert max(sizes.values()) < 1.2 * len(TENANTS) / count


def test_a_dossier_stays_where_it_is_in_every_version() -> None:
    owners = [
        next(n for n in (1, 2, 3) if Shard(n, 3).has(f"native/customer-{number}"))
        for number in range(1, 9)
    ]

    assert owners == [1, 3, 1, 3, 2, 3, 3, 3]


def test_a_name_that_no_encoding_has_belongs_somewhere() -> None:
    assert Shard(1, 2).has("hub/\udc80") != Shard(2, 2).has("hub/\udc80")


def test_cursors_of_different_shards_have_different_names_and_one_process_keeps_its_own() -> None:
    shards = [WHOLE, Shard(1, 2), Shard(2, 2), Shard(1, 3)]

    scopes = {each.scope("account") for each in shards}

    assert len(scopes) == len(shards)
    assert WHOLE.scope("account") == "account"
