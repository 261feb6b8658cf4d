"""A real web server that takes alarms, with answers to order; with TLS where it is wanted."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from outside.certificates import Files, certificates


class Got(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Receiver:
    """`answers` are given in turn, then 200; a status, or a status with a header. What has the
    word `unwanted` in its body is refused."""

    def __init__(self, folder: Path, *, tls: bool = True, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.unwanted = ""
        self.files: Files = certificates(folder)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.files.cert, self.files.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"http{'s' * tls}://127.0.0.1:{self.port}/hook/secret-path"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.command, self.path, headers, json.loads(body)))
                status, more = receiver.answers.pop(0) if receiver.answers else (200, {})
                if receiver.unwanted and receiver.unwanted.encode() in body:
                    status = 422
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, *args: Any) -> None: ...

        return Handler


@contextmanager
def receiver(folder: Path, **more: Any) -> Iterator[Receiver]:
    folder.mkdir(exist_ok=True)
    found = Receiver(folder, **more)
    try:
        yield found
    finally:
        found.stop()
