# SPDX-License-Identifier: MIT
"""hostile_http2.py SOCKET PID [slow]: what a gRPC server on a unix socket has to live through.

Each attack is a function that answers how it ended; after each the server has to echo a
message on a new connection. PID is the server, whose memory is looked at: all attacks run
twice, and the second time may not take more. "slow": also what takes 10 seconds. Prints "got<TAB>wanted<TAB>description".
"""
import os
import random
import socket
import struct
import sys
import time

PATH, PID = sys.argv[1], sys.argv[2]
ANY_MEMORY = os.environ.get("HOSTILE_MEMORY") == "any"  # a sanitizer keeps what is freed
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def number(n, bits, first=0):
    """HPACK's integer."""
    top = (1 << bits) - 1
    if n < top:
        return bytes([first | n])
    out = bytes([first | top])
    n -= top
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def header(name, value):
    return b"\x00" + number(len(name), 7) + name + number(len(value), 7) + value


def request(method, stream, flags=END_HEADERS, extra=b"", verb=b"POST"):
    block = b"".join(header(n, v) for n, v in (
        (b":method", verb), (b":scheme", b"http"), (b":path", b"/test.Test/" + method),
        (b":authority", b"localhost"), (b"content-type", b"application/grpc"), (b"te", b"trailers")))
    return frame(HEADERS, flags, stream, block + extra)


def message(text, stream, flags=END_STREAM):
    return frame(DATA, flags, stream, b"\0" + struct.pack(">I", len(text)) + text)


class Connection:
    def __init__(self, settings=b"", hello=True):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(5)
        self.s.connect(PATH)
        if hello:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data):
        """False when the server has had enough."""
        try:
            self.s.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False
        except socket.timeout:
            return True

    def until_closed(self, seconds=5):
        """ "closed", or "open" after so long; what came is in self.got."""
        self.got, end = b"", time.time() + seconds
        while time.time() < end:
            try:
                self.s.settimeout(max(0.01, end - time.time()))
                data = self.s.recv(1 << 20)
            except (ConnectionResetError, BrokenPipeError):
                return "closed"
            except socket.timeout:
                break
            if not data:
                return "closed"
            self.got = (self.got + data)[-(1 << 20):]
        return "open"

    def frames(self, seconds=5):
        """Frames as they come, without waiting for an end."""
        buf, end = b"", time.time() + seconds
        while True:
            while len(buf) >= 9:
                n = int.from_bytes(buf[:3], "big")
                if len(buf) < 9 + n:
                    break
                yield buf[3], buf[4], int.from_bytes(buf[5:9], "big"), buf[9:9 + n]
                buf = buf[9 + n:]
            self.s.settimeout(max(0.01, end - time.time()))
            try:
                data = self.s.recv(1 << 20)
            except (socket.timeout, ConnectionResetError):
                return
            if not data:
                return
            buf += data

    def close(self):
        self.s.close()


def echo():
    c = Connection()
    c.send(request(b"Echo", 1) + message(b"still there?", 1))
    for kind, flags, stream, payload in c.frames():
        if kind == DATA and payload:
            c.close()
            return payload[5:].decode()
    c.close()
    return "no answer"


def rss():
    with open("/proc/%s/status" % PID) as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def sent(c, data, times, seconds=5):
    """Sends it often, not reading; then how the connection ended."""
    chunk = data * max(1, min(times, 60000 // max(1, len(data))))
    for _ in range(max(1, times * len(data) // len(chunk))):
        if not c.send(chunk):
            break
    return c.until_closed(seconds)


def garbage():
    c = Connection(hello=False)
    c.send(random.Random(1).randbytes(65536))
    return c.until_closed()


def http1():
    c = Connection(hello=False)
    c.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return c.until_closed()


def garbage_after_hello():
    c = Connection()
    c.send(random.Random(2).randbytes(65536))
    return c.until_closed()


def half_frames():
    for cut in range(1, 120, 7):
        whole = PREFACE + frame(SETTINGS) + request(b"Echo", 1) + message(b"x" * 20, 1)
        c = Connection(hello=False)
        c.send(whole[:cut])
        c.close()
    return "gone"


def byte_by_byte():
    c = Connection(hello=False)
    for b in PREFACE + frame(SETTINGS) + request(b"Echo", 1) + message(b"slowly", 1):
        c.send(bytes([b]))
    for kind, _, _, payload in c.frames():
        if kind == DATA and payload:
            return payload[5:].decode()
    return "no answer"


def oversized_frame():
    c = Connection()
    c.send(struct.pack(">I", 1 << 20)[1:] + bytes([DATA, 0]) + struct.pack(">I", 1))
    return sent(c, b"x" * 1000, 1000)


def headers_of_1mb():
    c = Connection()
    block = header(b"x-big", b"v" * (1 << 20))
    c.send(request(b"Echo", 1, 0))
    for i in range(0, len(block), 16384):
        if not c.send(frame(CONTINUATION, 0, 1, block[i:i + 16384])):
            break
    c.send(frame(CONTINUATION, END_HEADERS, 1))
    return c.until_closed()


def headers_too_long():
    """Refused as a call, the connection goes on."""
    c = Connection()
    c.send(request(b"Echo", 1, 0, header(b"x-a", b"v" * 8000) + header(b"x-b", b"v" * 7000)))
    c.send(frame(CONTINUATION, END_HEADERS, 1, header(b"x-c", b"v" * 8000)))
    c.send(message(b"x", 1))
    for kind, flags, stream, payload in c.frames():
        if kind == HEADERS and stream == 1:
            c.send(request(b"Echo", 3) + message(b"next", 3))
        if kind == DATA and stream == 3 and payload:
            return payload[5:].decode()
    return "no answer"


def header_bomb():
    """A small block that names a large entry of the table again and again."""
    c = Connection()
    big = b"\x40" + number(4, 7) + b"x-bg" + number(3900, 7) + b"v" * 3900
    c.send(request(b"Echo", 1, END_HEADERS, big + b"\xbe" * 10000) + message(b"x", 1))
    for kind, flags, stream, payload in c.frames():
        if kind in (HEADERS, GOAWAY, RST):
            return "refused"
    return "no answer"


def rst_flood():
    c = Connection()
    for i in range(1, 60001, 2):
        if not c.send(request(b"Silent", i) + message(b"x", i) + frame(RST, 0, i, struct.pack(">I", 8))):
            break
    return c.until_closed()


def bad_streams_flood():
    """Each is answered by RST_STREAM, which nobody reads."""
    c = Connection()
    for i in range(1, 100001, 2):
        if not c.send(frame(HEADERS, END_HEADERS | END_STREAM, i, header(b"bad name", b"x"))):
            break
    return c.until_closed()


def ping_flood():
    return sent(Connection(), frame(PING, 0, 0, b"12345678"), 200000)


def ping_flood_read():
    """The answers are read, too: the rate is what is wrong."""
    c = Connection()
    for _ in range(400):
        if not c.send(frame(PING, 0, 0, b"12345678") * 200):
            return "closed"
        try:
            c.s.settimeout(0.01)
            if not c.s.recv(1 << 20):
                return "closed"
        except socket.timeout:
            pass
        except ConnectionResetError:
            return "closed"
    return c.until_closed()


def settings_flood():
    return sent(Connection(), frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)), 200000)


def continuation_flood():
    c = Connection()
    c.send(request(b"Echo", 1, 0))
    return sent(c, frame(CONTINUATION, 0, 1), 200000)


def empty_data_flood():
    c = Connection()
    c.send(request(b"Echo", 1))
    return sent(c, frame(DATA, 0, 1), 200000)


def priority_flood():
    return sent(Connection(), frame(PRIORITY, 0, 1, struct.pack(">IB", 0, 1)), 200000)


def unknown_frames_flood():
    """To be ignored (RFC 9113, 5.5): they cost no more than their bytes."""
    return sent(Connection(), frame(99, 0, 1, b"x"), 200000, 0.5)


def window_overflow():
    c = Connection()
    return sent(c, frame(WINDOW, 0, 0, struct.pack(">I", 0x7fffffff)), 2)


def too_many_streams():
    """Beyond the bound they are refused; those within it stay."""
    c = Connection()
    for i in range(1, 2001, 2):
        c.send(request(b"Silent", i) + message(b"x", i))
    refused = 0
    for kind, flags, stream, payload in c.frames(3):
        if kind == RST and payload == struct.pack(">I", 7):
            refused += 1
            if refused == 1000 - 128:
                break
    c.close()
    return str(1000 - refused)


def long_messages():
    """Claims of 4 GB, and many large ones at once that never end."""
    c = Connection(struct.pack(">HI", 4, 65535))
    for i in range(1, 200, 2):
        c.send(request(b"Echo", i) + frame(DATA, 0, i, b"\0\0\x3f\xff\xff" + b"x" * 10000))
    c.send(request(b"Echo", 201) + frame(DATA, 0, 201, b"\0\xff\xff\xff\xff"))
    for kind, flags, stream, payload in c.frames():
        if kind == HEADERS and stream == 201:
            c.close()
            return "refused"
    return "no answer"


def zero_window():
    """Ten connections with ten streams each that ask for a lot and take nothing of it."""
    all_ = []
    for _ in range(10):
        c = Connection(struct.pack(">HI", 4, 0))
        for i in range(1, 20, 2):
            c.send(request(b"Stream", i) + message(b"1000000 1000", i))
        all_.append(c)
    time.sleep(0.5)
    grown = rss()
    for c in all_:
        c.close()
    return "bounded" if grown - BEFORE < 65536 or ANY_MEMORY else "%d KiB more" % (grown - BEFORE)


def never_reads():
    all_ = []
    for _ in range(10):
        c = Connection(struct.pack(">HI", 4, 0x7fffffff))
        c.send(frame(WINDOW, 0, 0, struct.pack(">I", 0x7fff0000 - 65535)))
        c.send(request(b"Stream", 1) + message(b"10000000 1000", 1))
        all_.append(c)
    time.sleep(0.5)
    grown = rss()
    answer = echo()
    for c in all_:
        c.close()
    return "%s while %d KiB more" % (answer, grown - BEFORE) if grown - BEFORE > 65536 and not ANY_MEMORY else answer


def chat_never_reads():
    """Each message is answered; who reads nothing is not listened to any longer."""
    c = Connection(struct.pack(">HI", 4, 0))
    c.send(request(b"Chat", 1))
    c.s.settimeout(1)
    window = 65535
    while window > 16000:
        n = b"\0" + struct.pack(">I", 3000) + b"y" * 3000
        c.send(frame(DATA, 0, 1, n))
        window -= len(n)
    time.sleep(0.2)
    c.close()
    return "gone"


def vanish():
    """100 clients that connect, ask and vanish."""
    for i in range(100):
        c = Connection()
        c.send(request(b"Stream", 1) + message(b"100000 1000", 1))
        if i % 2:
            c.s.recv(100)
        c.close()
    return "gone"


def preface_slowly():
    """Slowloris: 50 that do not get beyond a few bytes."""
    all_ = [Connection(hello=False) for _ in range(50)]
    for c in all_:
        c.send(PREFACE[:10])
    ends = [c.until_closed(13 if i == 0 else 2) for i, c in enumerate(all_)]
    return "%d closed" % ends.count("closed")


ATTACKS = (
    (garbage, "closed"), (http1, "closed"), (garbage_after_hello, "closed"), (half_frames, "gone"),
    (byte_by_byte, "slowly"), (oversized_frame, "closed"), (headers_of_1mb, "closed"),
    (headers_too_long, "next"), (header_bomb, "refused"), (rst_flood, "closed"),
    (bad_streams_flood, "closed"), (ping_flood, "closed"), (ping_flood_read, "closed"),
    (settings_flood, "closed"), (continuation_flood, "closed"), (empty_data_flood, "closed"),
    (priority_flood, "closed"), (unknown_frames_flood, "open"), (window_overflow, "closed"),
    (too_many_streams, "128"), (long_messages, "refused"), (zero_window, "bounded"),
    (never_reads, "still there?"), (chat_never_reads, "gone"), (vanish, "gone"),
)


def check(attack, wanted, report):
    got = attack()
    alive = echo()
    if report or got != wanted or alive != "still there?":
        print("%s, %s\t%s, still there?\t%s" % (got, alive, wanted, attack.__name__.replace("_", " ")))


echo()
BEFORE = rss()
for attack, wanted in ATTACKS:
    check(attack, wanted, True)
first = rss()
for attack, wanted in ATTACKS:
    check(attack, wanted, False)
grown = rss() - first
print("%s\tflat\tmemory after all of it again" % ("flat" if grown < 1024 or ANY_MEMORY else "%d KiB more" % grown))
if len(sys.argv) > 3:
    check(preface_slowly, "50 closed", True)
