"""Certificates for 127.0.0.1 and localhost: good, expired, for another name, self-signed. Made anew for each test run."""

from __future__ import annotations

import datetime
import functools
import ssl
from pathlib import Path

import trustme

HOSTS = ("127.0.0.1", "localhost")


class Certificates:
    """One authority and what it signs. `ca_file(folder)` writes what a client must trust."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def ca_file(self, folder: Path) -> Path:
        path = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(path))
        return path

    @functools.cached_property
    def good(self) -> ssl.SSLContext:
        return _context(self._authority.issue_cert(*HOSTS))

    @functools.cached_property
    def expired(self) -> ssl.SSLContext:
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.UTC)
        return _context(self._authority.issue_cert(*HOSTS, not_before=now - 9 * day, not_after=now - 2 * day))

    @functools.cached_property
    def wrong_name(self) -> ssl.SSLContext:
        return _context(self._authority.issue_cert("mail.other.example"))

    @functools.cached_property
    def self_signed(self) -> ssl.SSLContext:
        """Its own issuer, and no client has it among its authorities."""
        alone = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with alone.cert_pem.tempfile() as certificate, alone.private_key_pem.tempfile() as key:
            context.load_cert_chain(certificate, key)
        return context


def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


@functools.cache
def certificates() -> Certificates:
    """The same set for the whole test run."""
    return Certificates()
