#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends a hand-made frame, COUNT times, out of an interface.

craft.py [-n COUNT] IFACE LAYER [key=value ...] [/ LAYER [key=value ...]] ...

Layers, outermost first, with their keys (defaults in brackets):
  eth src= dst=            MAC addresses [00:00:00:00:00:01, broadcast]; type= [from the next layer]
  vlan id= tpid=           one tag [tpid 0x8100]
  ip src= dst= ttl= id= df=1 mf=1 off= csum=bad proto=
  ip6 src= dst= hlim=      then perhaps: hopopts, dstopts (8 bytes each)
  udp sport= dport= csum=bad|none
  tcp sport= dport= seq= ack= flags=SYN,ACK win= csum=bad
  sctp sport= dport= tag=  the common header
  icmp type= code= id= seq=      icmp6 likewise
  vxlan vni=    geneve vni=    gre key=
  data size= | text=       payload
A port or address that ends in "+" grows by one from frame to frame.
"""
import socket
import struct
import sys

ETHERTYPE = {"ip": 0x0800, "ip6": 0x86DD, "eth": 0x6558}
PROTOCOL = {"ip": 4, "ip6": 41, "tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmp6": 58, "gre": 47,
            "hopopts": 0, "dstopts": 60, "data": 253}
FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}


def number(keys, name, default=0):
    return int(str(keys.get(name, default)), 0)


def mac(text):
    return bytes(int(part, 16) for part in text.split(":"))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(ip, protocol, length):
    """ip: the (layer, keys) that carries it, None where there is none."""
    name, keys = ip
    family = socket.AF_INET if name == "ip" else socket.AF_INET6
    ends = socket.inet_pton(family, keys["src"]) + socket.inet_pton(family, keys["dst"])
    if name == "ip":
        return ends + struct.pack("!BBH", 0, protocol, length)
    return ends + struct.pack("!IHBB", length, 0, 0, protocol)


def eth(keys, inner, upper, _ip):
    kind = number(keys, "type", ETHERTYPE.get(upper, 0x88B5))
    if upper == "vlan":
        kind = UPPER_TPID.pop()
    return mac(keys.get("dst", "ff:ff:ff:ff:ff:ff")) + mac(keys.get("src", "0:0:0:0:0:1")) + \
        struct.pack("!H", kind) + inner


UPPER_TPID = []


def vlan(keys, inner, upper, _ip):
    kind = UPPER_TPID.pop() if upper == "vlan" else ETHERTYPE.get(upper, 0x88B5)
    UPPER_TPID.append(number(keys, "tpid", 0x8100))
    return struct.pack("!HH", number(keys, "id"), kind) + inner


def ip4(keys, inner, upper, _ip):
    frag = number(keys, "off") >> 3 | number(keys, "df") << 14 | number(keys, "mf") << 13
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), number(keys, "id", 1), frag,
                       number(keys, "ttl", 64), number(keys, "proto", PROTOCOL.get(upper, 253)), 0,
                       socket.inet_aton(keys["src"]), socket.inet_aton(keys["dst"]))
    total = checksum(head) ^ (0x5555 if keys.get("csum") == "bad" else 0)
    return head[:10] + struct.pack("!H", total) + head[12:] + inner


def ip6(keys, inner, upper, _ip):
    return struct.pack("!IHBB", 6 << 28, len(inner), PROTOCOL.get(upper, 59),
                       number(keys, "hlim", 64)) + \
        socket.inet_pton(socket.AF_INET6, keys["src"]) + \
        socket.inet_pton(socket.AF_INET6, keys["dst"]) + inner


def options(_keys, inner, upper, _ip):
    return struct.pack("!BB6s", PROTOCOL.get(upper, 59), 0, b"\x01\x04\0\0\0\0") + inner


def sealed(keys, segment, at, protocol, ip):
    """The segment with its checksum at offset `at`."""
    pseudo = pseudo_header(ip, protocol, len(segment)) if ip else b""
    total = checksum(pseudo + segment) or 0xFFFF
    if keys.get("csum") == "bad":
        total ^= 0x5555
    if keys.get("csum") == "none":
        total = 0
    return segment[:at] + struct.pack("!H", total) + segment[at + 2:]


def udp(keys, inner, _upper, ip):
    head = struct.pack("!HHHH", number(keys, "sport"), number(keys, "dport"), 8 + len(inner), 0)
    return sealed(keys, head + inner, 6, 17, ip)


def tcp(keys, inner, _upper, ip):
    flags = sum(FLAGS[flag] for flag in keys.get("flags", "SYN").split(","))
    head = struct.pack("!HHIIBBHHH", number(keys, "sport"), number(keys, "dport"),
                       number(keys, "seq"), number(keys, "ack"), 5 << 4, flags,
                       number(keys, "win", 1000), 0, 0)
    return sealed(keys, head + inner, 16, 6, ip)


def sctp(keys, inner, _upper, _ip):
    return struct.pack("!HHII", number(keys, "sport"), number(keys, "dport"),
                       number(keys, "tag"), 0) + inner


def icmp(keys, inner, _upper, _ip):
    head = struct.pack("!BBHHH", number(keys, "type", 8), number(keys, "code"), 0,
                       number(keys, "id"), number(keys, "seq"))
    return sealed(keys, head + inner, 2, 1, None)


def icmp6(keys, inner, _upper, ip):
    head = struct.pack("!BBHHH", number(keys, "type", 128), number(keys, "code"), 0,
                       number(keys, "id"), number(keys, "seq"))
    return sealed(keys, head + inner, 2, 58, ip)


def vxlan(keys, inner, _upper, _ip):
    return struct.pack("!II", 0x08000000, number(keys, "vni") << 8) + inner


def geneve(keys, inner, upper, _ip):
    kind = ETHERTYPE.get(upper, 0x6558)
    return struct.pack("!BBHI", 0, 0, kind, number(keys, "vni") << 8) + inner


def gre(keys, inner, upper, _ip):
    if "key" in keys:
        return struct.pack("!HHI", 0x2000, ETHERTYPE.get(upper, 0), number(keys, "key")) + inner
    return struct.pack("!HH", 0, ETHERTYPE.get(upper, 0)) + inner


def data(keys, inner, _upper, _ip):
    return (keys["text"].encode() if "text" in keys else b"x" * number(keys, "size")) + inner


BUILD = {"eth": eth, "vlan": vlan, "ip": ip4, "ip6": ip6, "hopopts": options, "dstopts": options,
         "udp": udp, "tcp": tcp, "sctp": sctp, "icmp": icmp, "icmp6": icmp6, "vxlan": vxlan,
         "geneve": geneve, "gre": gre, "data": data}


def grown(value, i):
    """value without its "+", the i-th of its row."""
    if not value.endswith("+"):
        return value
    if "." in value:
        start = int.from_bytes(socket.inet_aton(value[:-1]), "big")
        return socket.inet_ntoa((start + i).to_bytes(4, "big"))
    return str(int(value[:-1], 0) + i)


def parse(words):
    layers = [[]]
    for word in words:
        if word == "/":
            layers.append([])
        else:
            layers[-1].append(word)
    return [(layer[0], dict(word.split("=", 1) for word in layer[1:])) for layer in layers]


def build(layers):
    """The frame; innermost first, each layer told what it carries and in what IP header it lies."""
    frame, upper = b"", None
    for i in range(len(layers) - 1, -1, -1):
        name, keys = layers[i]
        outer = [layer for layer in layers[:i] if layer[0] in ("ip", "ip6")]
        frame = BUILD[name](keys, frame, upper, outer[-1] if outer else None)
        upper = name
    return frame


def main(args):
    count = 1
    if args[:1] == ["-n"]:
        count, args = int(args[1]), args[2:]
    layers, growing = parse(args[1:]), any(word.endswith("+") for word in args)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((args[0], 0))
        frame = build(layers) if not growing else None
        for i in range(count):
            sock.send(frame or build([(name, {key: grown(value, i) for key, value in keys.items()})
                                      for name, keys in layers]))


if __name__ == "__main__":
    main(sys.argv[1:])
