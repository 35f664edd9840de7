#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small HTTP service that asks others before it answers.

service.py PORT [ADDRESS:PORT[:redis|:line|:http] ...] [delay=SECONDS]
"""
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = {"redis": b"*1\r\n$4\r\nPING\r\n", "line": b"select balance\n",
         "http": b"GET /stock HTTP/1.0\r\n\r\n"}
delay = 0.0
others = []


def ask(address, port, how):
    try:
        with socket.create_connection((address, int(port)), timeout=0.8) as s:
            s.sendall(WORDS[how])
            return s.recv(4096)
    except OSError as e:
        return str(e).encode()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(delay)
        body = b"\n".join(ask(*o) for o in others) or b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


for word in sys.argv[2:]:
    if word.startswith("delay="):
        delay = float(word[6:])
    else:
        others.append((word.split(":") + ["http"])[:3])
ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
