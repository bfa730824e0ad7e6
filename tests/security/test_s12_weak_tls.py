"""S12: a certificate that does not hold is refused, each time with its own reason."""

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.connectors.addresses import Reach
from pipeline.connectors.http import HttpClient
from pipeline.domain.errors import ConfigurationError, HubUnavailable
from pipeline.testing.http_server import serving

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


pytestmark = pytest.mark.usefixtures("http_path")


@dataclass(frozen=True)
class Authority:
    """A certificate authority of an office."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        path = self.folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server(
        self, *, name: str = "127.0.0.1", ends: datetime = NOW + DAY, signed_by_itself: bool = False
    ) -> ssl.SSLContext:
        """TLS of a server with a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = _name("itself") if signed_by_itself else self.certificate.subject
        certificate = (
            _builder(_name("itself"), issuer, key, ends=ends)
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
            .sign(key if signed_by_itself else self.key, hashes.SHA256())
        )
        path = self.folder / "server.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(ends)
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("The office's authority")
    certificate = (
        _builder(subject, subject, key, ends=NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(tmp_path, key, certificate)


async def ask(context: ssl.SSLContext, ca_file: Path | None) -> bytes:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with serving(answer, tls=context) as served:
        reach = Reach.of(str(served.url), allow_private=True)
        async with HttpClient(reach, ca_file=ca_file) as client:
            return (await client.request("GET", served.url)).body


async def test_an_authority_of_the_office_is_accepted_when_it_is_configured(
    authority: Authority,
) -> None:
    assert await ask(authority.server(), authority.file) == b"hello"


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (lambda a: a.server(signed_by_itself=True), "self.signed"),
        (lambda a: a.server(ends=NOW - DAY), "expired"),
        (lambda a: a.server(name="other.example"), "mismatch"),
    ],
    ids=["signed by itself", "expired", "of another host"],
)
async def test_a_certificate_that_does_not_hold_is_refused_with_its_reason(
    authority: Authority, server: Callable[[Authority], ssl.SSLContext], reason: str
) -> None:
    with pytest.raises(HubUnavailable, match=reason):
        await ask(server(authority), authority.file)


async def test_an_authority_that_nobody_configured_is_refused(authority: Authority) -> None:
    with pytest.raises(HubUnavailable, match="certificate"):
        await ask(authority.server(), None)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_a_server_with_old_tls_only_is_refused(authority: Authority) -> None:
    context = authority.server()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(HubUnavailable, match=r"TLS 1\.2|(?i:version)"):
        await ask(context, authority.file)


def test_an_authority_file_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        HttpClient(Reach.of("https://hub.example"), ca_file=tmp_path / "nowhere.pem")
