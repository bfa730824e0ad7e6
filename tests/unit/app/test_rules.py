"""Rule files of an installation: listed, verified, and fetched by their digest."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.app.recipes import rule_places
from pipeline.app.rules import fetch_rules, list_rules, published, rule_set, verify_rules
from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.settings import Settings
from pipeline.testing.http_server import Served, serving
from pipeline.validation.published import PUBLISHED, Published
from pipeline.validation.rule_files import Origin, RuleSetName
from pipeline.validation.rules import extension as native_extension
from pipeline.validation.rules import ruleset
from pipeline.validation.rules.extension import NOT_BUILT, extension

PEPPOL = RuleSetName.PEPPOL
RULES = b"""<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<pattern><rule context="*"><assert id="A" flag="fatal" test="true()">Good.</assert></rule></pattern>
</schema>"""
UNKNOWN = RULES.replace(b"true()", b"no-such-function()")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


@pytest.fixture
async def publisher() -> AsyncIterator[Served]:
    """Serves whatever its path says, in hexadecimal."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bytes.fromhex(request.path[1:]))

    async with serving(answer) as served:
        yield served


def wanted(publisher: Served, data: bytes, *, sha256: str = "") -> Published:
    return published(PEPPOL, str(publisher.url / data.hex()), sha256 or digest(data))


async def test_a_fetched_file_is_used_from_then_on(settings: Settings, publisher: Served) -> None:
    file = await fetch_rules(settings, wanted(publisher, RULES))

    _, peppol = list_rules(settings)
    assert (file.origin, file.data) == (Origin.FETCHED, RULES)
    assert (peppol.origin, peppol.sha256) == (Origin.FETCHED, digest(RULES))
    assert str(publisher.url) in (peppol.version or "")
    assert settings.state_dir.stat().st_mode & 0o777 == 0o700
    assert Path(peppol.path or "").stat().st_mode & 0o777 == 0o600


async def test_a_newer_file_takes_the_place_of_the_older(
    settings: Settings, publisher: Served
) -> None:
    newer = RULES.replace(b"Good.", b"Better.")
    for data in (RULES, newer):
        await fetch_rules(settings, wanted(publisher, data))

    assert rule_places(settings).find(PEPPOL).data == newer
    assert sorted(path.name for path in (settings.state_dir / "rules").iterdir()) == [
        f"peppol-{digest(newer)}.rules",
        "peppol.json",
    ]


@pytest.mark.parametrize(
    ("data", "sha256", "message"),
    [
        (RULES, "0" * 64, "is not the file that was meant"),
        (UNKNOWN, "", "no-such-function"),
        (b"<html/>", "", "its root is html"),
        (b"no XML", "", "cannot be read"),
    ],
    ids=["other digest", "unknown function", "no rules", "no XML"],
)
async def test_what_cannot_be_used_leaves_the_old_rules(
    settings: Settings, publisher: Served, *, data: bytes, sha256: str, message: str
) -> None:
    await fetch_rules(settings, wanted(publisher, RULES))

    with pytest.raises(ConfigurationError, match=message):
        await fetch_rules(settings, wanted(publisher, data, sha256=sha256))

    assert rule_places(settings).find(PEPPOL).data == RULES
    assert len(list((settings.state_dir / "rules").iterdir())) == 2


async def test_a_publisher_that_is_down_leaves_the_old_rules(settings: Settings) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    async with serving(refuse) as served:
        with pytest.raises(TransientError, match="503"):
            await fetch_rules(settings, wanted(served, RULES))

    assert rule_places(settings).find(PEPPOL).origin is Origin.EMBEDDED


def test_the_rules_that_come_with_the_program_can_all_be_used(settings: Settings) -> None:
    assert [each.problem for each in verify_rules(settings)] == [None, None]


def test_verifying_names_the_file_that_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "peppol.sch").write_bytes(UNKNOWN)
    chosen = settings.model_copy(update={"rules_dir": tmp_path})

    en16931, peppol = verify_rules(chosen)

    assert en16931.problem is None
    assert "peppol.sch cannot be used" in (peppol.problem or "")
    assert list_rules(chosen)[1].problem is None


def test_what_runs_the_rules_is_told(settings: Settings) -> None:
    listed = [each.engine for each in list_rules(settings)]

    assert [each.engine for each in verify_rules(settings)] == listed
    assert listed == ["native" if extension() else f"python ({NOT_BUILT})"] * 2


def test_rules_run_in_python_where_the_extension_was_not_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (native_extension, ruleset):
        monkeypatch.setattr(module, "extension", lambda: None)

    for told in (list_rules(settings), verify_rules(settings)):
        assert {each.engine for each in told} == {f"python ({NOT_BUILT})"}


async def test_a_fetched_file_that_was_changed_is_told(
    settings: Settings, publisher: Served
) -> None:
    file = await fetch_rules(settings, wanted(publisher, RULES))
    file.path.write_bytes(RULES + b"\n")

    _, peppol = list_rules(settings)

    assert peppol.origin is None
    assert "is not the one that was fetched" in (peppol.problem or "")


def test_the_release_that_is_known_is_fetched_unless_another_is_named() -> None:
    known = published(PEPPOL, None, None)

    assert known == PUBLISHED[PEPPOL]
    assert known.url.startswith("https://")
    assert len(bytes.fromhex(known.sha256)) == 32


@pytest.mark.parametrize(
    ("ruleset", "url", "sha256", "message"),
    [
        (PEPPOL, "https://rules.example/a.sch", None, "together"),
        (PEPPOL, None, "0" * 64, "together"),
        (PEPPOL, "http://rules.example/a.sch", "0" * 64, "must start with https"),
        (PEPPOL, "https://rules.example/a.sch", "0" * 63, "64 hexadecimal digits"),
        (PEPPOL, "https://rules.example/a.sch", "g" * 64, "64 hexadecimal digits"),
        (RuleSetName.EN16931, None, None, "No release of en16931 is known"),
    ],
)
def test_what_is_to_be_fetched_must_be_certain(
    *, ruleset: RuleSetName, url: str | None, sha256: str | None, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        published(ruleset, url, sha256)


def test_a_digest_may_be_written_as_people_copy_it() -> None:
    one = published(PEPPOL, "https://rules.example/a.sch", "SHA256:" + "A" * 64)

    assert one.sha256 == "a" * 64


def test_rules_with_another_name_are_unknown() -> None:
    with pytest.raises(ConfigurationError, match="en16931 and peppol are known"):
        rule_set("ubl-be")
