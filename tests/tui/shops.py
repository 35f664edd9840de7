#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recordings (JSON lines, as `pitot observe -o json` writes them) of made-up shops.

    shops.py [--workloads N] [--seconds N] [--outside N] [--seed N]
             [--begin SECONDS] > shop.jsonl

The first shop is always the same: a front, a few services, a database, a cache, DNS, a
payment service outside, one edge whose packets die and one that is slow. Beyond ten
workloads there are more of them, each in a namespace of its own, and calls between
them. The same arguments write the same bytes.
"""
import argparse
import json
import random
import sys
from datetime import datetime, timezone

BEGIN = 1768472400  # 2026-01-15T10:20:00Z
NODE = "node-1"
# name, kind, port, protocol on top
SHOP = [
    ("front", "Deployment", 8080, "http"),
    ("catalog", "Deployment", 8080, "http"),
    ("cart", "Deployment", 8080, "http"),
    ("checkout", "Deployment", 8080, "http"),
    ("payment", "Deployment", 8443, ""),
    ("mailer", "Deployment", 25, ""),
    ("db", "StatefulSet", 5432, ""),
    ("cache", "StatefulSet", 6379, ""),
]
# who, whom, calls a second, bytes there, bytes back, milliseconds
CALLS = [
    ("front", "catalog", 8, 420, 9200, 480),
    ("front", "cart", 5, 510, 1400, 4),
    ("front", "checkout", 2, 900, 700, 35),
    ("catalog", "db", 9, 310, 15000, 30),
    ("catalog", "cache", 14, 90, 2100, 0.4),
    ("cart", "cache", 11, 120, 380, 0.3),
    ("checkout", "db", 3, 640, 420, 22),
    ("checkout", "payment", 2, 1100, 640, 60),
    ("checkout", "mailer", 1, 60, 0, 0),
]


def stamp(ns):
    t = datetime.fromtimestamp(ns // 10**9, timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%09dZ" % (ns % 10**9)


class End:
    """An end of connections: a pod of a workload, or somebody outside."""

    def __init__(self, ip, namespace="", workload="", kind="", pod="", names=(), place=None):
        self.ip, self.namespace, self.workload, self.kind = ip, namespace, workload, kind
        self.pod, self.names, self.place = pod, list(names), place

    def json(self):
        if not self.pod:
            return {"identity": 2, "labels": ["reserved:world"]}
        return {
            "ID": 256 + sum(self.ip.encode()) % 60000,
            "identity": 20000 + sum(self.workload.encode()) % 9999,
            "cluster_name": "default",
            "namespace": self.namespace,
            "labels": ["k8s:app=" + self.workload],
            "pod_name": self.pod,
            "workloads": [{"name": self.workload, "kind": self.kind}],
        }

    def extras(self):
        e = {"kind": "pod", "node": NODE} if self.pod else {"kind": "world"}
        if self.place:
            e.update(self.place)
        return e


class Maker:
    def __init__(self, seed, begin):
        self.random = random.Random(seed)
        self.begin = begin * 10**9
        self.lines = []
        self.serial = 0
        self.uuid = 0

    def flow(self, c, at, event, back=False, verdict="FORWARDED", flags=None, l7=None, drop=None):
        a, b = (c["to"], c["from"]) if back else (c["from"], c["to"])
        sport, dport = (c["port"], c["sport"]) if back else (c["sport"], c["port"])
        l4 = {"source_port": sport, "destination_port": dport}
        if flags and c["proto"] == "TCP":
            l4["flags"] = {f: True for f in flags}
        ext = {"event": event, "connection_id": "%016x" % c["id"]}
        if event == "end":
            ext["closed"] = True
        if not drop:
            ext["initiator"] = "syn" if c["proto"] == "TCP" else "port"
            for way in ("forward", "reply"):
                n = c[way]
                if n["packets"]:
                    own = (way == "reply") == back or event in ("report", "end")
                    ext[way] = {
                        "packets": n["packets"],
                        "bytes": n["bytes"],
                        "delta_packets": n["packets"] - n["told"][0] if own else 0,
                        "delta_bytes": n["bytes"] - n["told"][1] if own else 0,
                        "retransmits": n["retransmits"],
                        "srtt_us": n["srtt"],
                        "first": stamp(c["begin"]),
                        "last": stamp(at),
                    }
                    if own:
                        n["told"] = (n["packets"], n["bytes"])
            if c.get("handshake"):
                ext["handshake_us"] = c["handshake"]
        ext["source"], ext["destination"] = a.extras(), b.extras()
        f = {
            "time": stamp(at),
            "uuid": "00000000-0000-4000-8000-%012x" % self.uuid,
            "emitter": {"name": "pitot", "version": "0.1.0"},
            "verdict": verdict,
            "IP": {"source": a.ip, "destination": b.ip, "ipVersion": "IPv4"},
            "l4": {c["proto"]: l4},
            "source": a.json(),
            "destination": b.json(),
            "Type": "L7" if l7 else "L3_L4",
            "node_name": NODE,
        }
        self.uuid += 1
        if a.names:
            f["source_names"] = a.names
        if b.names:
            f["destination_names"] = b.names
        if drop:
            f["drop_reason"] = 255
            f["interface"] = {"index": 2, "name": "eth0"}  # which has counted it
            f["event_type"] = {"type": 1, "sub_type": 255}
            f["traffic_direction"] = "EGRESS"
            ext["drop"] = drop
        elif l7:
            f["l7"] = l7
            f["event_type"] = {"type": 129}
            f["traffic_direction"] = "EGRESS"
            f["is_reply"] = back
        else:
            f["event_type"] = {"type": 4}
            f["traffic_direction"] = "INGRESS" if back else "EGRESS"
            f["trace_observation_point"] = "TO_ENDPOINT"
            f["is_reply"] = back
        f["extensions"] = {"@type": "type.googleapis.com/google.protobuf.Struct", "value": ext}
        self.lines.append((at, len(self.lines), {"flow": f, "node_name": NODE, "time": f["time"]}))

    def connection(self, a, b, at, port, proto="TCP"):
        self.serial += 1
        zero = {"packets": 0, "bytes": 0, "retransmits": 0, "srtt": 0}
        return {
            "from": a, "to": b, "port": port, "proto": proto, "begin": at,
            "sport": 32768 + self.serial * 7 % 28000, "id": self.serial * 0x9E3779B97F4A7C15 & (2**64 - 1),
            "forward": dict(zero, told=(0, 0)), "reply": dict(zero, told=(0, 0)),
        }

    def count(self, c, way, packets, size):
        c[way]["packets"] += packets
        c[way]["bytes"] += size

    def call(self, a, b, port, at, sent, got, ms, http=None):
        """A TCP connection with one question and its answer."""
        r = self.random
        ns = int(ms * 1e6 * r.uniform(0.6, 1.8)) + 20000
        c = self.connection(a, b, at, port)
        c["handshake"] = int(r.uniform(150, 420)) + (8000 if not b.pod else 0)
        self.count(c, "forward", 1, 60)
        self.flow(c, at, "new", flags=["SYN"])
        self.count(c, "reply", 1, 60)
        self.flow(c, at + 100000, "new", True, flags=["SYN", "ACK"])
        c["forward"]["srtt"] = c["reply"]["srtt"] = c["handshake"] // 2
        if r.random() < 0.02:
            c["reply"]["retransmits"] = 1
        if http:
            ask = {"type": "REQUEST", "http": {"method": "GET", "url": http[0], "protocol": "HTTP/1.1"}}
            say = {"type": "RESPONSE", "latency_ns": str(ns),
                   "http": {"code": http[1], "method": "GET", "url": http[0], "protocol": "HTTP/1.1"}}
            self.flow(c, at + 300000, "l7", l7=ask)
            self.flow(c, at + 300000 + ns, "l7", True, l7=say)
        self.count(c, "forward", 3 + sent // 1400, sent + 160)
        self.count(c, "reply", 3 + got // 1400, got + 160)
        self.flow(c, at + 400000 + ns, "end", flags=["FIN", "ACK"])

    def ask(self, a, b, at, name, code=0):
        """A question for a name and its answer."""
        ns = int(self.random.uniform(2e5, 9e5))
        c = self.connection(a, b, at, 53, "UDP")
        self.count(c, "forward", 1, 70)
        self.flow(c, at, "new")
        self.flow(c, at + 1, "l7", l7={"type": "REQUEST", "dns": {
            "query": name + ".", "observation_source": "wire", "qtypes": ["A"]}})
        self.count(c, "reply", 1, 110)
        self.flow(c, at + ns, "new", True)
        answer = {"query": name + ".", "observation_source": "wire", "qtypes": ["A"], "rcode": code}
        if not code:
            answer.update(ips=["93.184.220.10"], ttl=30, rrtypes=["A"])
        self.flow(c, at + ns + 1, "l7", True, l7={"type": "RESPONSE", "latency_ns": str(ns), "dns": answer})

    def dead(self, a, b, port, at, n):
        """SYNs that a rule of the firewall drops."""
        c = self.connection(a, b, at, port)
        for i in range(n):
            when = at + (2**i - 1) * 10**9
            self.count(c, "forward", 1, 60)
            self.flow(c, when, "new" if not i else "report", flags=["SYN"])
            self.flow(c, when + 20000, "drop", verdict="DROPPED", flags=["SYN"], drop={
                "reason": "NETFILTER_DROP", "text": "netfilter rule (nftables or iptables)",
                "function": "nft_do_chain", "offset": 180, "packets": i + 1, "bytes": 60 * (i + 1),
                "delta_packets": 1, "delta_bytes": 60})


def make(args):
    m = Maker(args.seed, args.begin)
    r = m.random
    shops = max(1, (args.workloads - 2 + 7) // 8)
    dns = End("10.96.0.10", "kube-system", "coredns", "Deployment", "coredns-5d78c9869d-x2k4p")
    outside = [End("93.184.216.%d" % (10 + i), place=p) for i, p in enumerate([
        {"country": "DE", "country_name": "Germany", "asn": 64501, "as_name": "Example ISP"},
        {"country": "FR", "country_name": "France", "asn": 64502, "as_name": "Example Mobile"}])]
    bank = End("93.184.220.10", names=["api.bank.example"],
               place={"country": "US", "country_name": "United States", "asn": 64510, "as_name": "Example Bank"})
    left = args.workloads - 1
    teams = []
    for s in range(shops):
        space = "shop" if not s else "shop%d" % (s + 1)
        team = {}
        for i, (name, kind, port, top) in enumerate(SHOP):
            if left <= 0:
                break
            left -= 1
            pod = name + ("-0" if kind == "StatefulSet" else "-%08x-%s" % (
                0x58F6C9D7 + s * 977 + i * 7919, "abcdefgh"[i] * 2 + "x7k"))
            team[name] = (End("10.%d.%d.%d" % (1 + s // 200, s % 200, 10 + i), space, name, kind, pod), port, top)
        teams.append(team)
    second = 10**9
    for s, team in enumerate(teams):
        scale = 1.0 if len(teams) < 3 else 0.35
        ends = list(team)
        for t in range(args.seconds):
            at = m.begin + t * second
            if "front" in team and s % 5 == 0:
                for n in range(max(1, int(6 * scale))):
                    m.call(outside[(t + n) % 2], team["front"][0], 8080, at + int(r.random() * second), 350, 18000, 40,
                           ("http://shop.example/", 200))
            for a, b, rate, sent, got, ms in CALLS:
                if a not in team or b not in team:
                    continue
                if b == "mailer":
                    if not s and t % 4 == 0:
                        m.dead(team[a][0], team[b][0], 25, at + int(r.random() * second), 3)
                    continue
                mean = rate * scale * (1 if s < 1 else r.uniform(0.2, 0.8))
                for n in range(int(mean) + (r.random() < mean % 1)):
                    http = None
                    if team[b][2] == "http":
                        code = 503 if b == "checkout" and not s and r.random() < 0.15 else 200
                        http = ("http://%s:%d/%s" % (b, team[b][1], b), code)
                    m.call(team[a][0], team[b][0], team[b][1], at + int(r.random() * second), sent, got,
                           ms if not s else min(ms, 20), http)
            if t % 2 == 0:
                who = ends[t // 2 % len(ends)]
                name, code = ("cach.%s.svc.cluster.local" % who, 3) if t % 10 == 4 else ("db.shop.svc.cluster.local", 0)
                m.ask(team[who][0], dns, at + int(r.random() * second), name, code)
            if "payment" in team and s % 4 == 0:
                m.call(team["payment"][0], bank, 443, at + int(r.random() * second), 1300, 2600, 85)
            # to the next shop's front, so that namespaces hang together
            other = teams[(s + 1) % len(teams)]
            if s % 3 != 2 and other is not team and "catalog" in team and "front" in other and t % 2:
                m.call(team["catalog"][0], other["front"][0], 8080, at + int(r.random() * second), 300, 900, 9,
                       ("http://front/", 200))
    # one of the services asks the whole world
    for i in range(args.outside):
        who = End("93.184.%d.%d" % (100 + i // 250, 1 + i % 250), names=["www.site-%d.example" % i])
        m.call(teams[0]["catalog"][0], who, 443, m.begin + i * second // 10, 300 + i, 1000, 30)
    for at, _, line in sorted(m.lines, key=lambda l: l[:2]):
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--workloads", type=int, default=10)
    p.add_argument("--seconds", type=int, default=30)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--outside", type=int, default=0)
    p.add_argument("--begin", type=int, default=BEGIN)
    make(p.parse_args())


if __name__ == "__main__":
    main()
