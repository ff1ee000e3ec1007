"""A certificate authority of our own, and certificates that it signs for servers on loopback."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Authority"]

_DAY = timedelta(days=1)


class Authority:
    """Keeps its certificate in `path`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ca.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of tests")])
        now = datetime.now(UTC)
        certificate = self._signed(self._name, self._key, (now - _DAY, now + _DAY), is_authority=True)
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """What a server needs to show a certificate for this address."""
        now = datetime.now(UTC)
        times = (now - 9 * _DAY, now - 8 * _DAY) if expired else (now - _DAY, now + _DAY)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        certificate = self._signed(name, key, times, alternative)
        path = self._folder / f"{host}-{'expired' if expired else 'valid'}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        times: tuple[datetime, datetime],
        *extensions: x509.ExtensionType,
        is_authority: bool = False,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number(), *times)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self._key, hashes.SHA256())
