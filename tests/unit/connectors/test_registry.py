"""Hub connectors are found by themselves and configured by text."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.connectors import registry
from pipeline.connectors.declarations import HubConnector, HubSetup, is_on
from pipeline.connectors.limits import Limiters
from pipeline.connectors.registry import find_hub, find_hubs
from pipeline.domain.errors import ConfigurationError
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.memory_hub import MemoryHub

URL = {"url": "https://hub.example"}
SFTP = {"host": "files.example", "user": "office", "password": "opens nothing"}
IMAP = {**SFTP, "host": "mail.example", "senders": "*", "by": "folder"}
FOREIGN = HubConnector("foreign", "Foreign hub", (), lambda setup: MemoryHub(setup.name))


def setup_of(values: Mapping[str, str]) -> HubSetup:
    clock = VirtualClock()
    state = Path("/var/lib/of-the-test")
    return HubSetup("main", values, clock, MemoryCredentials(), Limiters(clock), state_dir=state)


def test_the_connectors_of_the_product_are_found() -> None:
    found = find_hubs()

    assert {"native", "folder"} <= found.keys()
    assert {"sftp", "imap", "codabox", "e_invoice_be"} <= found.keys()
    assert {"recommand", "scrada", "peppyrus", "euroconnector", "letspeppol"} <= found.keys()
    assert all(name == connector.name and connector.title for name, connector in found.items())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("native", URL),
        ("folder", {"root": "/srv/scans", "after": "delete"}),
        ("sftp", SFTP),
        ("imap", IMAP),
    ],
)
def test_a_hub_is_made_of_its_required_settings(name: str, values: Mapping[str, str]) -> None:
    hub = find_hubs()[name].connect(setup_of(values))

    assert hub.name == "main"


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("native", {}, "'url'"),
        ("native", {**URL, "colour": "red"}, "'colour'"),
        ("native", {"url": "http://hub.example"}, "https"),
        ("native", {"url": "hub.example"}, "https"),
        ("native", {**URL, "connections": "many"}, "connections"),
        ("native", {**URL, "connections": "0"}, "connections"),
        ("native", {**URL, "ca_file": "/nowhere.pem"}, "/nowhere.pem"),
        ("folder", {"root": "scans"}, "absolute"),
        ("folder", {"root": "/srv/scans", "after": "burn"}, "'burn'"),
        ("sftp", {"host": "files.example", "user": "office"}, "password"),
        ("sftp", {**SFTP, "port": "ssh"}, "port"),
        ("sftp", {**SFTP, "fingerprint": "12:34"}, "SHA256"),
        ("sftp", {**SFTP, "profile": "telex"}, "'telex'"),
        ("sftp", {**SFTP, "key_file": "/nowhere.key", "password": ""}, "/nowhere.key"),
        ("imap", {**IMAP, "security": "hope"}, "'hope'"),
        ("imap", {**IMAP, "security": "none"}, "readable on the way"),
        ("imap", {**IMAP, "by": "address"}, "dossiers"),
        ("imap", {**IMAP, "after": "burn"}, "'burn'"),
    ],
)
def test_settings_that_cannot_work_are_told(
    name: str, values: Mapping[str, str], text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text):
        find_hubs()[name].connect(setup_of(values))


class _Point:
    """An entry point of another package."""

    value = "foreign.module:CONNECTOR"

    def __init__(self, loaded: object) -> None:
        self._loaded = loaded

    def load(self) -> object:
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def test_a_connector_of_another_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [_Point(FOREIGN)])  # noqa: ARG005

    assert find_hubs()["foreign"] is FOREIGN


@pytest.mark.parametrize(
    ("loaded", "text"),
    [
        (ImportError("no module named foreign"), "cannot be loaded"),
        ("not a declaration", "not the declaration"),
        (find_hubs()["native"], "Two hub connectors"),
    ],
)
def test_a_connector_that_does_not_fit_is_told(
    monkeypatch: pytest.MonkeyPatch, loaded: object, text: str
) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [_Point(loaded)])  # noqa: ARG005

    with pytest.raises(ConfigurationError, match=text):
        find_hubs()


@pytest.mark.parametrize("name", ["native", "scrada"])
def test_a_connector_is_found_by_its_name(name: str) -> None:
    assert find_hub(name) is find_hubs()[name]
    assert find_hub("telex") is None


def test_a_connector_of_another_package_takes_no_name_that_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    native = find_hubs()["native"]
    monkeypatch.setattr(registry, "entry_points", lambda group: [_Point(native)])  # noqa: ARG005

    with pytest.raises(ConfigurationError, match="Two hub connectors"):
        find_hub("native")


@pytest.mark.parametrize("word", ["1", "yes", "True", " on "])
def test_a_switch_is_on_by_any_usual_word(word: str) -> None:
    assert is_on(word)
    assert not is_on(f"not {word}")
