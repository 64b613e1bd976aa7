"""A mail server that keeps what it receives, for drills and tests: RFC 5321 as far as a sender needs."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any


def read_whole(message: bytes) -> Any:
    return message_from_bytes(message, policy=policy.default)


@dataclass
class Mailbox:
    port: int
    # An `EmailMessage` each, unless `read` makes something else of what was received.
    messages: list[Any] = field(default_factory=list)
    read: Callable[[bytes], Any] = read_whole
    # Addresses that are refused.
    refused: set[str] = field(default_factory=set)
    # While it is not set, what was received is kept and its sender is left waiting for the answer.
    answers: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answers.set()


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        mailbox: Mailbox = self.server.mailbox  # type: ignore[attr-defined]
        # A sender that is killed breaks off wherever it is.
        with suppress(OSError):
            self.converse(mailbox)

    def converse(self, mailbox: Mailbox) -> None:
        self.say("220 test")
        for line in self.rfile:
            command = line.strip().decode()
            verb = command[:4].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "RCPT" and any(address in command for address in mailbox.refused):
                self.say("550 no such person")
            elif verb == "DATA":
                self.say("354 go on")
                mailbox.messages.append(mailbox.read(self.read_message()))
                mailbox.answers.wait(60)
                self.say("250 kept")
            else:
                self.say("250 fine")

    def read_message(self) -> bytes:
        lines: list[bytes] = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b"..") else line)
        # Broken off: never received.
        raise ConnectionAbortedError

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 50


@contextmanager
def running_mail_server(read: Callable[[bytes], Any] = read_whole) -> Iterator[Mailbox]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.mailbox = Mailbox(server.server_address[1], read=read)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.mailbox  # type: ignore[attr-defined]
        server.shutdown()
