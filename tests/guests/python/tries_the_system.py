"""Tries what Python reaches of a system. The service says what is tried; the card says what came of it."""

import os
import socket
import sys
import time

from wit_world import exports
from wit_world.imports import advice


def fails(attempt):
    try:
        return f"got {attempt()!r}"
    except OSError as error:
        return type(error).__name__


def write():
    with open("/tmp/left", "w") as file:
        return file.write("x")


TRIED = {
    "labs": lambda call: f"{call.view('labs').len()} rows",
    "clock": lambda call: f"{time.time():.0f} {time.time() - time.time()} {time.monotonic() - time.monotonic()}",
    "sleep": lambda call: f"{time.sleep(3600)} {time.time():.0f}",
    "coins": lambda call: os.urandom(16).hex(),
    "environment": lambda call: f"{dict(os.environ)} {sys.argv}",
    "input": lambda call: f"{sys.stdin.read()!r} {print('x' * 1000)}",
    "read": lambda call: fails(lambda: open("/etc/passwd").read()),
    "write": lambda call: fails(write),
    "list": lambda call: fails(lambda: os.listdir("/")),
    "socket": lambda call: fails(lambda: socket.create_connection(("127.0.0.1", 80), 1)),
    "name": lambda call: fails(lambda: socket.getaddrinfo("localhost", 80)),
    "exit": lambda call: os._exit(0),
}


class Cds(exports.Cds):
    def evaluate(self, call):
        free = advice.FreeText(TRIED[call.service()](call), None, advice.Indicator.INFO)
        return advice.Response([advice.Card(advice.CardText_Free(free), [], [])], [])
