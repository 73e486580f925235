"""aiosmtpd, a real SMTP server, on free ports of this machine: STARTTLS on one, TLS at once on the other, AUTH on both.

As a module: SmtpServer starts it. As a program, by Debian's own Python, which has aiosmtpd: says its ports, then every
mail that it takes, in lines of JSON.
"""

import json
import pathlib
import subprocess
import sys

PYTHON = "/usr/bin/python3"
PATIENCE = 30


def is_available():
    found = pathlib.Path(PYTHON).exists()
    return found and subprocess.run([PYTHON, "-c", "import aiosmtpd"], capture_output=True).returncode == 0


class SmtpServer:
    """certificate: of certificates.py. Recipients of the domain refused.example are refused."""

    def __init__(self, certificate, user, password):
        self.process = subprocess.Popen(
            [PYTHON, "-B", "-W", "ignore", __file__, str(certificate.chain), str(certificate.key), user, password],
            stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())

    def url(self, scheme, user=None):
        return f"{scheme}://{user.replace('@', '%40') + '@' if user else ''}localhost:{self.ports[scheme]}"

    def next_mail(self):
        return json.loads(self.process.stdout.readline())

    def close(self):
        """The mails that nobody has asked for."""
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return [json.loads(line) for line in rest.splitlines()]


def serve(chain, key, user, password):
    import asyncio
    import logging
    import ssl

    from aiosmtpd.smtp import SMTP, AuthResult

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.endswith("@refused.example"):
                return "550 5.7.1 no relaying"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                              "content": envelope.original_content.decode("latin-1")}), flush=True)
            return "250 taken"

    def authenticate(server, session, envelope, mechanism, data):
        fits = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=fits, handled=False)

    logging.getLogger("mail.log").setLevel(logging.ERROR)

    async def run():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain, key)
        loop = asyncio.get_running_loop()
        upgraded = await loop.create_server(
            lambda: SMTP(Handler(), hostname="localhost", tls_context=context, require_starttls=True,
                         authenticator=authenticate, auth_required=True), "127.0.0.1", 0)
        encrypted = await loop.create_server(
            lambda: SMTP(Handler(), hostname="localhost", authenticator=authenticate, auth_required=True,
                         auth_require_tls=False), "127.0.0.1", 0, ssl=context)
        print(json.dumps({"smtp": upgraded.sockets[0].getsockname()[1],
                          "smtps": encrypted.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    serve(*sys.argv[1:])
