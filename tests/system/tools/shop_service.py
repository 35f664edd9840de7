#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small HTTP service that asks others before it answers.

shop_service.py PORT [ASK ...] [size=BYTES] [delay=SECONDS]
    ASK: http:ADDRESS:PORT  redis:ADDRESS:PORT  postgres:ADDRESS:PORT  statsd:ADDRESS:PORT
         tls:NAME:PORT@RESOLVER (asks a DNS server for the name first; sends a few bytes)
"""
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIMEOUT = 3


def tcp(address, port, *words):
    """Sends the words, each after the answer to the one before; the last answer."""
    got = b""
    with socket.create_connection((address, port), timeout=TIMEOUT) as s:
        for word in words:
            s.sendall(word)
            got = s.recv(4096)
    return got


def http(address, port):
    with socket.create_connection((address, port), timeout=TIMEOUT) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while s.recv(4096):
            pass


def redis(address, port):
    tcp(address, port, b"*2\r\n$4\r\nINCR\r\n$4\r\nhits\r\n", b"*1\r\n$4\r\nPING\r\n")


def postgres(address, port):
    start = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
    query = b"select now()\0"
    tcp(address, port, struct.pack("!I", len(start) + 4) + start,
        b"Q" + struct.pack("!I", len(query) + 4) + query, b"X\0\0\0\4")


def statsd(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"shop.orders:1|c", (address, port))


def look_up(name, resolver):
    labels = b"".join(bytes([len(w)]) + w.encode() for w in name.split("."))
    question = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(TIMEOUT)
        s.sendto(question, (resolver, 53))
        return socket.inet_ntoa(s.recv(512)[-4:])


def tls(name, port):
    port, resolver = port.split("@")
    tcp(look_up(name, resolver), int(port), b"\x16\x03\x01hello")


def ask(how, address, port):
    try:
        {"http": http, "redis": redis, "postgres": postgres, "statsd": statsd,
         "tls": tls}[how](address, port if how == "tls" else int(port))
    except OSError as e:
        print(how, address, port, e, file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        for other in others:
            ask(*other)
        time.sleep(delay)
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(b"x" * size)

    def log_message(self, *_):
        pass


size = 200
delay = 0.0
others = []
for word in sys.argv[2:]:
    if word.startswith("size="):
        size = int(word[5:])
    elif word.startswith("delay="):
        delay = float(word[6:])
    else:
        others.append(word.split(":"))
ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
