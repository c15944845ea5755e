"""An HTTPS proxy on this machine that answers for every host by itself.

instaloader knows its hosts by heart; but it goes through the proxy that its environment names,
and trusts the certificates that its environment names. So the real program talks to a site of
ours and to nobody else.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from influence_assets_tests.collectors import faults
from influence_assets_tests.collectors.faults import Handler, Server, Site

HOSTS = ("www.instagram.com", "i.instagram.com", "cdn.test")


def certificate(folder: Path) -> Path:
    """A certificate for the hosts, signed by itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test on this machine")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "test.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class TunnelHandler(Handler):
    """Takes CONNECT, and then is the server at the other end."""

    context: ssl.SSLContext

    def do_CONNECT(self) -> None:  # noqa: N802 - a name that the base class looks for
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        inner = self.context.wrap_socket(self.connection, server_side=True)
        self.connection = inner  # type: ignore[assignment]
        self.rfile = inner.makefile("rb")
        self.wfile = inner.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()


@contextmanager
def tunnelled(site: Site, pem: Path) -> Iterator[Server]:
    """The server, to be named as a proxy: `told.root`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with faults.serving(site, type("Tunnel", (TunnelHandler,), {"context": context})) as told:
        yield told
