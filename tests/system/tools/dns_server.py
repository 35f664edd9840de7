#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DNS as no real server does it on demand.

dns_server.py serve ADDR PORT TTL       UDP; prints "ready". The first label of the name that is
                                        asked for says what comes back: fail SERVFAIL, dead nothing,
                                        slow an address after 0.2 s, late one after 6 s, forged one
                                        under another id before the right one, others an address
dns_server.py mdns SRC NAME             one multicast answer: NAME has the address SRC
dns_server.py forge SRC PORT DST PORT NAME
                                        one answer that nobody asked for
"""
import socket
import struct
import sys
import time

ANSWER = "10.8.2.66"


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(owner, ttl, addr, cls=1):
    return owner + struct.pack("!HHIH", 1, cls, ttl, 4) + socket.inet_aton(addr)


def question(message):
    end = 12
    while message[end]:
        end += message[end] + 1
    return message[12:end + 5], message[13:13 + message[12]].decode("latin-1").lower()


def answer(ident, asked, ttl, addr=ANSWER):
    return struct.pack("!6H", ident, 0x8180, 1, 1, 0, 0) + asked + record(b"\xc0\x0c", ttl, addr)


def serve(addr, port, ttl):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((addr, int(port)))
    print("ready", flush=True)
    while True:
        message, peer = sock.recvfrom(4096)
        ident = struct.unpack("!H", message[:2])[0]
        asked, word = question(message)
        if word == "dead":
            continue
        if word == "fail":
            sock.sendto(struct.pack("!6H", ident, 0x8182, 1, 0, 0, 0) + asked, peer)
            continue
        if word == "forged":
            sock.sendto(answer(ident ^ 1, asked, int(ttl), "10.8.2.67"), peer)
        time.sleep({"slow": 0.2, "late": 6}.get(word, 0))
        sock.sendto(answer(ident, asked, int(ttl)), peer)


def mdns(src, name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(src))
    sock.bind((src, 5353))
    sock.sendto(struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) +
                record(labels(name), 120, src, 0x8001), ("224.0.0.251", 5353))


def forge(src, sport, dst, dport, name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((src, int(sport)))
    asked = labels(name) + struct.pack("!HH", 1, 1)
    sock.sendto(answer(7, asked, 300), (dst, int(dport)))


{"serve": serve, "mdns": mdns, "forge": forge}[sys.argv[1]](*sys.argv[2:])
