"""A server that says what a test tells it to say, right or wrong, encrypted or not."""

import contextlib
import socket
import ssl
import threading


class Peer:
    def __init__(self, connection):
        self.connection = connection
        self.heard = b""  # all that the client has said

    def say(self, *lines):
        for line in lines:
            self.connection.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")

    def hear(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                break
            line += byte
        self.heard += line
        return line.decode(errors="replace").rstrip("\r\n")

    def hear_all(self):
        while piece := self.connection.recv(65536):
            self.heard += piece

    def encrypt(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        self.connection = context.wrap_socket(self.connection, server_side=True)


class HostileServer:
    """script: a function of the Peer, run for each connection. What all clients have said is in `heard` at the end of the
    block."""

    def __init__(self, script):
        self.script = script
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            peer = Peer(connection)
            with contextlib.suppress(OSError):  # the client has gone, or has refused our certificate
                self.script(peer)
            self.heard += peer.heard
            with contextlib.suppress(OSError):
                peer.connection.close()

    def url(self, scheme, user=None):
        return f"{scheme}://{user + '@' if user else ''}localhost:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(30)
