#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds pitot's final counters against a packet capture of the same traffic.

compare.py PCAP FLOWS.json

For each class of connections (TCP and UDP, IPv4 and IPv6) prints
  CLASS CONNECTIONS DIFFERENT MISSING EXTRA IDS
connections in the capture, with other packets or bytes in either direction, not in pitot's
output, only in pitot's output, connection ids beyond one for a tuple. Details go to stderr.

A tuple used twice (a port reused) is compared as one. Bytes are IP bytes.
"""
import collections
import json
import subprocess
import sys

FIELDS = ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.proto", "ipv6.nxt", "ip.len",
          "ipv6.plen", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport")


def captured(path):
    """{(protocol, (ip, port), (ip, port)): [packets, bytes]}, one entry a direction."""
    command = ["tshark", "-n", "-r", path, "-Y", "(tcp or udp) and not icmp and not icmpv6",
               "-T", "fields", "-E", "occurrence=f"]
    for field in FIELDS:
        command += ["-e", field]
    totals = collections.defaultdict(lambda: [0, 0])
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for line in out.stdout.decode().splitlines():
        f = dict(zip(FIELDS, line.split("\t")))
        v4 = bool(f["ip.src"])
        size = int(f["ip.len"]) if v4 else 40 + int(f["ipv6.plen"])
        tcp = bool(f["tcp.srcport"])
        src = (f["ip.src"] or f["ipv6.src"], int(f["tcp.srcport"] or f["udp.srcport"]))
        dst = (f["ip.dst"] or f["ipv6.dst"], int(f["tcp.dstport"] or f["udp.dstport"]))
        entry = totals["TCP" if tcp else "UDP", src, dst]
        entry[0] += 1
        entry[1] += size
    return totals


def observed(path):
    """The same from pitot's end events, and {tuple of both directions: connection ids}."""
    totals, ids = collections.defaultdict(lambda: [0, 0]), collections.defaultdict(set)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            flow = json.loads(line).get("flow", {})
            value = flow.get("extensions", {}).get("value", {})
            (protocol, l4), = flow.get("l4", {"": {}}).items()
            if value.get("event") != "end" or protocol not in ("TCP", "UDP"):
                continue
            ends = [(flow["IP"]["source"], l4["source_port"]),
                    (flow["IP"]["destination"], l4["destination_port"])]
            if flow.get("is_reply"):
                ends.reverse()
            ids[protocol, frozenset(ends)].add(value["connection_id"])
            for name, way in (("forward", ends), ("reply", ends[::-1])):
                counters = value.get(name, {})
                if counters.get("packets"):
                    entry = totals[protocol, way[0], way[1]]
                    entry[0] += counters["packets"]
                    entry[1] += counters["bytes"]
    return totals, ids


def by_connection(totals):
    """{(protocol, {end, end}): {(from, to): [packets, bytes]}}"""
    result = collections.defaultdict(dict)
    for (protocol, src, dst), counters in totals.items():
        result[protocol, frozenset((src, dst))][src, dst] = counters
    return result


def kind(connection):
    return f"{connection[0]}v{6 if ':' in next(iter(connection[1]))[0] else 4}"


def main(pcap, flows):
    got, ids = observed(flows)
    want, got = by_connection(captured(pcap)), by_connection(got)
    rows, differences = collections.defaultdict(lambda: [0, 0, 0, 0, 0]), []
    for connection in want.keys() | got.keys():
        row, in_want, in_got = rows[kind(connection)], connection in want, connection in got
        row[0] += in_want
        row[1] += in_want and in_got and want[connection] != got[connection]
        row[2] += not in_got
        row[3] += not in_want
        row[4] += max(0, len(ids[connection]) - 1)
        if want.get(connection) != got.get(connection):
            differences.append((connection[0], want.get(connection), got.get(connection)))
    for protocol, wanted, seen in differences[:8]:
        print(protocol, "captured", wanted, "pitot", seen, file=sys.stderr)
    for name in sorted(rows):
        print(name, *rows[name])


if __name__ == "__main__":
    main(*sys.argv[1:])
