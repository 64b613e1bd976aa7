"""A mail server that stalls: it takes the conversation up to a point, then says nothing more, or says it a letter at a time."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class StallingServer:
    port: int
    # After which command it falls silent: "DATA" takes the message, then never says that it did.
    silent_after: str = "DATA"
    conversations: int = 0
    # What was taken and never acknowledged.
    taken: list[bytes] = field(default_factory=list)


@contextmanager
def running_stalling_server(*, silent_after: str = "DATA") -> Iterator[StallingServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = StallingServer(listener.getsockname()[1], silent_after)
    over = threading.Event()

    def converse(conversation: socket.socket) -> None:
        with conversation, conversation.makefile("rb") as lines:
            try:
                _talk(conversation, lines)
            except OSError:
                return

    def _talk(conversation, lines) -> None:
        if server.silent_after != "CONNECT":
            conversation.sendall(b"220 slow\r\n")
        else:
            over.wait()
            return
        for line in lines:
            verb = line[:4].strip().upper().decode()
            if verb == "DATA":
                conversation.sendall(b"354 go on\r\n")
                body = b""
                for part in lines:
                    if part == b".\r\n":
                        break
                    body += part
                server.taken.append(body)
            if verb == server.silent_after:
                over.wait()
                return
            conversation.sendall(b"221 bye\r\n" if verb == "QUIT" else b"250 fine\r\n")
            if verb == "QUIT":
                return

    def accept() -> None:
        while not over.is_set():
            try:
                conversation, _address = listener.accept()
            except OSError:
                return
            server.conversations += 1
            threading.Thread(target=converse, args=(conversation,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server
    over.set()
    listener.close()
