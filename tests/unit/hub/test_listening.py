import ipaddress
import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipeline.domain.errors import ConfigurationError
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient, Starts


async def test_a_port_that_is_taken_is_told(
    start: Starts, clock: VirtualClock, tmp_path: Path
) -> None:
    async with start() as hub:
        port = int(hub.url.rpartition(":")[2])

        with pytest.raises(ConfigurationError, match=str(port)):
            async with EmbeddedHub(tmp_path / "second", clock=clock, port=port):
                pass


async def test_the_hub_listens_on_ipv6_too(start: Starts) -> None:
    async with start(host="::1") as hub, aiohttp.ClientSession(hub.url) as session:
        assert hub.url.startswith("http://[::1]:")
        assert (await HubClient(session).get("/healthz")).status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "a-name"])  # noqa: S104
async def test_passwords_are_not_taken_in_clear_from_other_machines(
    start: Starts, host: str
) -> None:
    with pytest.raises(ConfigurationError, match="TLS"):
        async with start(host=host):
            pass


def tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server at 127.0.0.1 and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "hub.pem"
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)


async def test_the_hub_speaks_tls_when_it_gets_a_context(start: Starts, tmp_path: Path) -> None:
    server, trusting = tls_contexts(tmp_path)
    async with start(tls=server) as hub, aiohttp.ClientSession(hub.url) as session:
        async with session.get("/healthz", ssl=trusting) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get("/healthz")

    assert hub.url.startswith("https://127.0.0.1:")


async def test_behind_a_proxy_the_hub_calls_itself_by_its_public_url(start: Starts) -> None:
    async with start(public_url="https://hub.example") as hub:
        assert hub.url == "https://hub.example"
