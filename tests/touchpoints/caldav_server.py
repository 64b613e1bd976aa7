"""A real CalDAV server on loopback (Radicale) and a real client of it (caldav), for tests of what other programs make of our calendars."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import caldav
from radicale import config
from radicale.app import Application


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def running_caldav(folder: Path) -> Iterator[caldav.DAVClient]:
    """A client signed in to an empty server."""
    logging.getLogger("radicale").setLevel(logging.CRITICAL)
    settings = config.load()
    settings.update({"auth": {"type": "none"}, "storage": {"filesystem_folder": str(folder)}}, "tests")
    with make_server("127.0.0.1", 0, Application(settings), server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            client = caldav.DAVClient(f"http://127.0.0.1:{server.server_port}/", username="ana", password="any")
            # Her home is made when she first asks for it.
            client.principal()
            yield client
        finally:
            server.shutdown()
            thread.join()
