"""A certificate authority for tests, by the openssl program."""

import pathlib
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerCertificate:
    certificate: pathlib.Path  # PEM
    key: pathlib.Path          # PEM
    chain: pathlib.Path        # the certificate and its authority's, PEM

    def fingerprint(self):
        text = openssl("x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha256")
        return "SHA256:" + text.strip().partition("=")[2]


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        self.certificate = self.folder / "authority.pem"
        self.key = self.folder / "authority.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=Kist test authority", "-keyout", self.key, "-out", self.certificate)

    def issue(self, host, names=None, expired=False, days=20):
        """For `host` (and the names given instead of it, in openssl's form: "DNS:a,IP:127.0.0.1")."""
        stem = f"{host}-{'expired' if expired else days}"
        request, key, certificate = (self.folder / f"{stem}.{kind}" for kind in ("csr", "key", "pem"))
        extensions = self.folder / f"{stem}.ext"
        extensions.write_text(f"subjectAltName={names or 'DNS:' + host + ',IP:127.0.0.1'}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
                "-keyout", key, "-out", request)
        # A date of expiry in the past is something that `x509 -req` does not make; one of a negative length it does.
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days",
                "-1" if expired else str(days), "-extfile", extensions, "-out", certificate)
        chain = self.folder / f"{stem}.chain"
        chain.write_bytes(certificate.read_bytes() + self.certificate.read_bytes())
        return ServerCertificate(certificate, key, chain)

    def self_signed(self, host):
        key, certificate = self.folder / f"{host}-self.key", self.folder / f"{host}-self.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "20",
                "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", certificate)
        return ServerCertificate(certificate, key, certificate)


def openssl(*words):
    result = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"openssl {words}: {result.stderr}")
    return result.stdout
