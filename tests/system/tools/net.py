#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small network programs for the tests; each ends by itself or is killed by its caller.

net.py udp-send DST PORT COUNT [size=N] [sport=N] [src=ADDR] [df=1] [ttl=N] [gso=N]
net.py udp-server ADDR PORT [rcvbuf=N] [read=0] [filter=1]
                                                  prints "ready", answers nothing; filter: a socket
                                                  filter that takes no packet
net.py udp-echo ADDR PORT                         prints "ready"; answers each datagram with itself
net.py udp-ask DST PORT COUNT [size=N] [sport=N [src=ADDR]]
                                                  sends and waits for each answer
net.py tcp-connect DST PORT [COUNT] [timeout=S]   tries COUNT connections, each closed at once
net.py tcp-once DST PORT [sport=N] [size=N] [reset=1]
                                                  one connection: sends, reads to the end or one
                                                  answer, closes (or resets)
net.py tcp-push DST PORT SECONDS                  sends as much as the other end takes
net.py tcp-hold DST PORT [COUNT]                  makes COUNT connections, prints "ready", keeps them
net.py listen ADDR PORT BACKLOG                   prints "ready", never accepts
net.py idle DST PORT FIFO                         connects, prints "ready PORT"; each line read from
                                                  FIFO is sent, an answer waited for
net.py echo-server ADDR PORT                      TCP, one process; prints "ready"
net.py fork-server ADDR PORT                      TCP, forks a worker a connection, which answers its pid
net.py ping DST COUNT [id=N] [size=N] [ttl=N]     echo requests; prints the number of replies
"""
import ctypes
import os
import select
import signal
import socket
import struct
import sys
import time

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, UDP_SEGMENT, SO_ATTACH_FILTER = 10, 3, 103, 26


def split(args):
    words = [arg for arg in args if "=" not in arg]
    keys = dict(arg.split("=", 1) for arg in args if "=" in arg)
    return words, {name: (value if name == "src" else float(value) if name == "timeout"
                          else int(value)) for name, value in keys.items()}


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def ready(*words):
    print("ready", *words, flush=True)


def bound(addr, port, kind):
    sock = socket.socket(family(addr), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, int(port)))
    return sock


def udp_send(dst, port, count, size=20, sport=0, src=None, df=0, ttl=0, gso=0):
    sock = socket.socket(family(dst), socket.SOCK_DGRAM)
    if src or sport:
        sock.bind((src or ("::" if ":" in dst else "0.0.0.0"), sport))
    if df:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    if ttl:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    if gso:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, gso)
    payload, to = b"x" * size, (dst, int(port))
    for _ in range(int(count)):
        try:
            sock.sendto(payload, to)
        except OSError:
            pass  # what the kernel says of a packet that it dropped is the test's subject


def refuse_all(sock):
    """A classic BPF program of one instruction: return 0."""
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def udp_server(addr, port, rcvbuf=0, read=1, filter=0):
    sock = bound(addr, port, socket.SOCK_DGRAM)
    if filter:
        refuse_all(sock)
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    ready()
    while True:
        if read:
            sock.recv(65536)
        else:
            time.sleep(1)


def udp_echo(addr, port):
    sock = bound(addr, port, socket.SOCK_DGRAM)
    ready()
    while True:
        payload, peer = sock.recvfrom(65536)
        sock.sendto(payload, peer)


def udp_ask(dst, port, count, size=20, sport=0, src=""):
    sock = socket.socket(family(dst), socket.SOCK_DGRAM)
    sock.settimeout(2)
    if sport:
        sock.bind((src, sport))
    for _ in range(int(count)):
        sock.sendto(b"x" * size, (dst, int(port)))
        sock.recv(65536)


def tcp_connect(dst, port, count="1", timeout=0.3):
    for _ in range(int(count)):
        sock = socket.socket(family(dst), socket.SOCK_STREAM)
        sock.settimeout(timeout)
        try:
            sock.connect((dst, int(port)))
        except OSError:
            pass
        sock.close()


def tcp_once(dst, port, sport=0, size=10, reset=0):
    sock = socket.socket(family(dst), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sport:
        sock.bind(("", sport))
    sock.settimeout(5)
    sock.connect((dst, int(port)))
    sock.sendall(b"x" * size)
    sock.recv(65536)
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def tcp_push(dst, port, seconds):
    sock = socket.create_connection((dst, int(port)))
    sock.settimeout(0.1)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        try:
            sock.send(b"x" * 65536)
        except OSError:
            pass


def tcp_hold(dst, port, count="1"):
    held = []
    for _ in range(int(count)):
        sock = socket.socket(family(dst), socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((dst, int(port)))
        held.append(sock)
    time.sleep(0.3)
    ready(held[0].getsockname()[1])
    signal.pause()


def listen(addr, port, backlog):
    sock = bound(addr, port, socket.SOCK_STREAM)
    sock.listen(int(backlog))
    ready()
    signal.pause()


def idle(dst, port, fifo):
    sock = socket.create_connection((dst, int(port)))
    ready(sock.getsockname()[1])
    while True:
        with open(fifo, "rb") as pipe:
            for line in pipe:
                sock.sendall(line)
                sock.recv(65536)


def serve(sock, worker):
    sock.listen(64)
    ready()
    while True:
        client, _ = sock.accept()
        worker(client)
        client.close()


def echo_server(addr, port):
    sock = bound(addr, port, socket.SOCK_STREAM)
    sock.listen(64)
    ready()
    clients = []
    while True:
        for source in select.select([sock] + clients, [], [])[0]:
            if source is sock:
                clients.append(sock.accept()[0])
                continue
            try:
                payload = source.recv(65536)
            except ConnectionResetError:
                payload = b""
            if payload:
                source.sendall(payload)
            else:
                clients.remove(source)
                source.close()


def talk(dst, port, connections, seconds):
    """Many connections that ask and are answered all the time: both directions at any moment."""
    socks = [socket.create_connection((dst, int(port))) for _ in range(int(connections))]
    ready()
    for sock in socks:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"x")
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for sock in select.select(socks, [], [], 0.1)[0]:
            sock.recv(9)
            sock.sendall(b"x")


def fork_server(addr, port):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    def worker(client):
        if os.fork() == 0:
            client.recv(100)
            client.sendall(b"%d\n" % os.getpid())
            time.sleep(0.05)
            os._exit(0)

    serve(bound(addr, port, socket.SOCK_STREAM), worker)


def echo_request(v6, ident, seq, size):
    head = struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, ident, seq)
    packet = head + b"x" * size
    if v6:
        return packet  # the kernel fills in the checksum
    if len(packet) % 2:
        packet += b"\0"
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    total += total >> 16
    return head[:2] + struct.pack("!H", ~total & 0xFFFF) + head[4:] + b"x" * size


def ping(dst, count, id=1, size=56, ttl=0):
    v6 = ":" in dst
    sock = socket.socket(family(dst), socket.SOCK_RAW,
                         socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    if ttl:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    replies = 0
    for seq in range(1, int(count) + 1):
        sock.sendto(echo_request(v6, id, seq, size), (dst, 0))
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and select.select([sock], [], [], 0.2)[0]:
            packet = sock.recv(65536)
            packet = packet if v6 else packet[(packet[0] & 15) * 4:]
            kind, _, _, ident, number = struct.unpack("!BBHHH", packet[:8])
            if kind == (129 if v6 else 0) and ident == id and number == seq:
                replies += 1
                break
    print(replies)


COMMANDS = {"udp-send": udp_send, "udp-server": udp_server, "udp-echo": udp_echo,
            "udp-ask": udp_ask, "tcp-connect": tcp_connect, "tcp-once": tcp_once,
            "tcp-push": tcp_push, "tcp-hold": tcp_hold, "listen": listen, "idle": idle,
            "echo-server": echo_server, "talk": talk, "fork-server": fork_server, "ping": ping}

if __name__ == "__main__":
    WORDS, KEYS = split(sys.argv[2:])
    COMMANDS[sys.argv[1]](*WORDS, **KEYS)
