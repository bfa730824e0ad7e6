"""The page about hubs keeps up with the profiles."""

from pathlib import Path

import pytest

from pipeline.connectors.hubs.queue import CONNECTORS
from pipeline.connectors.hubs.queue.profile import Profile
from pipeline.connectors.hubs.queue.profiles import PROFILES

PAGE = (Path(__file__).parents[4] / "docs" / "hubs.md").read_text(encoding="utf-8")
ASSUMED = PAGE.partition("### What is assumed")[2].partition("\n#")[0]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_assumption_of_a_profile_is_told(profile: Profile) -> None:
    assert f"`{profile.name}`" in PAGE
    assert [each for each in profile.assumed if f"- {each}\n" not in ASSUMED] == []


def test_no_assumption_is_told_that_no_profile_makes() -> None:
    told = [line.removeprefix("- ") for line in ASSUMED.splitlines() if line.startswith("- ")]

    assert sorted(told) == sorted(each for profile in PROFILES for each in profile.assumed)


def test_every_setting_says_what_it_is_and_every_secret_is_marked() -> None:
    for connector in CONNECTORS:
        assert connector.guide
        secret = {each.name for each in connector.settings if each.is_secret}
        assert secret & {"key", "secret", "password"}
        assert not secret & {"url", "dossiers"}
