#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A Kubernetes API server made of recorded answers, and of the faults that a test asks for.

kube_server.py DATA [port=N] [tls=CERT,KEY[,CLIENT_CA]] [token=WORD] [pods=N]
    DATA: tests/data/kubernetes. Prints "ready PORT CONTROL_PORT". pods: so many made of a recorded
    one. Lists of six kinds, in pages; watches from a resourceVersion, JSON and protobuf.

The second port takes orders, each a GET (http://127.0.0.1:CONTROL_PORT/ORDER?...):
    event?kind=pods             POST: an event of a watch as a line of JSON; the list changes too
    frames?kind=pods&file=F     the events of a recorded protobuf watch, without its initial set
    bookmark?kind=pods&rv=N     to those who watch
    drop?[kind=K][&mid=1]       closes watches, in the middle of an event
    raw?kind=K                  POST: bytes for those who watch, as they are
    set?NAME=VALUE&...          see `knobs`; an empty value takes it back
    log?[clear=1]               requests so far: "KIND list|watch QUERY ACCEPT USER ENCODING STATUS"
    watchers?kind=K             how many watch
"""
import json
import os
import queue
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KINDS = {
    "pods": ("/api/v1/pods", "v1", "Pod"),
    "services": ("/api/v1/services", "v1", "Service"),
    "endpointslices": ("/apis/discovery.k8s.io/v1/endpointslices", "discovery.k8s.io/v1",
                       "EndpointSlice"),
    "nodes": ("/api/v1/nodes", "v1", "Node"),
    "namespaces": ("/api/v1/namespaces", "v1", "Namespace"),
    "replicasets": ("/apis/apps/v1/replicasets", "apps/v1", "ReplicaSet"),
}
PATHS = {path: kind for kind, (path, _, _) in KINDS.items()}
PROTOBUF = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"

# ------------------------------------------------------------------- protobuf


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def fields(data):
    """[(number, wire type, value)]"""
    out, i = [], 0

    def number():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while i < len(data):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            size = number()
            value = data[i:i + size]
            i += size
        out.append((tag >> 3, tag & 7, value))
    return out


def message(parts):
    """The reverse of fields(); strings are encoded, numbers are varints."""
    out = bytearray()
    for number, _, value in parts:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def part(data, *path):
    for number in path:
        data = next((value for n, _, value in fields(data) if n == number), b"")
    return data


def changed(data, number, change):
    """Each field of that number replaced by change(value)."""
    return message([(n, w, change(v) if n == number else v) for n, w, v in fields(data)])


def unknown(kind, raw, is_list=False):
    _, version, name = KINDS[kind]
    meta = message([(1, 2, version), (2, 2, name + ("List" if is_list else ""))])
    return MAGIC + message([(1, 2, meta), (2, 2, raw), (3, 2, ""), (4, 2, "")])


def frame(kind, event, raw):
    body = message([(1, 2, event), (2, 2, message([(1, 2, unknown(kind, raw))]))])
    return len(body).to_bytes(4, "big") + body


# ---------------------------------------------------------------------- state


class Knobs(dict):
    """What a test has asked for; values are words."""

    def has(self, name, kind):
        value = self.get(name, "")
        return value in ("1", "all") or kind in value.split(",")


class State:
    def __init__(self, data, token, pods):
        self.lock = threading.RLock()
        self.data, self.token = data, token
        self.knobs = Knobs()
        self.requests = []
        self.watchers = {kind: [] for kind in KINDS}
        self.events = {kind: [] for kind in KINDS}     # (version, {encoding: bytes})
        self.json, self.protobuf = {}, {}
        self.version = 244
        self.gone_before = {kind: 0 for kind in KINDS}
        for kind in KINDS:
            with open(os.path.join(data, f"list-{kind}.json"), encoding="utf-8") as file:
                self.json[kind] = {self.key(o): o for o in json.load(file)["items"]}
            with open(os.path.join(data, "pb", f"list-{kind}.protobuf"), "rb") as file:
                raw = part(file.read()[4:], 2)
                self.protobuf[kind] = [v for n, _, v in fields(raw) if n == 2]
        if pods:
            self.make_pods(pods)

    @staticmethod
    def key(obj):
        return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]

    def make_pods(self, count):
        text = json.dumps(self.json["pods"][("shop", "cart-5d9f6c7b8-aaaaa")])
        model = next(p for p in self.protobuf["pods"] if part(p, 1, 1) == b"cart-5d9f6c7b8-aaaaa")
        uid = json.loads(text)["metadata"]["uid"]
        self.json["pods"], self.protobuf["pods"] = {}, []
        for i in range(count):
            name, addr = f"cart-5d9f6c7b8-{i:05d}", f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"
            addr6 = f"fd00:1::{i:x}"
            its_uid = f"{i:08x}-0000-4000-8000-000000000000"
            pod = json.loads(text.replace("cart-5d9f6c7b8-aaaaa", name).replace(uid, its_uid)
                             .replace("10.244.0.5", addr).replace("fd00:244::5", addr6))
            self.json["pods"][self.key(pod)] = pod
            meta = changed(part(model, 1), 1, lambda _, n=name: n)
            meta = changed(meta, 5, lambda _, u=its_uid: u)
            status = changed(part(model, 3), 6, lambda _, a=addr: a)
            status = changed(status, 12, lambda v, a=addr, b=addr6:
                             message([(1, 2, b if b":" in part(v, 1) else a)]))
            pod = changed(changed(model, 1, lambda _, m=meta: m), 3, lambda _, s=status: s)
            self.protobuf["pods"].append(pod)

    def publish(self, kind, encodings):
        with self.lock:
            self.events[kind].append((self.version, encodings))
            for watcher in self.watchers[kind]:
                watcher.put(encodings)

    def event(self, kind, line):
        event = json.loads(line)
        obj = event["object"]
        with self.lock:
            self.version = max(self.version + 1, int(obj["metadata"].get("resourceVersion", 0)))
            if event["type"] == "DELETED":
                self.json[kind].pop(self.key(obj), None)
            elif event["type"] != "BOOKMARK":
                self.json[kind][self.key(obj)] = obj
            self.publish(kind, {"json": line.strip() + b"\n"})

    def frames(self, kind, name):
        with open(os.path.join(self.data, "pb", name), "rb") as file:
            data = file.read()
        initial = True
        while data:
            size = 4 + int.from_bytes(data[:4], "big")
            whole, data = data[:size], data[size:]
            change, raw = part(whole[4:], 1), part(part(whole[4:], 2, 1)[4:], 2)
            if initial:
                initial = change != b"BOOKMARK"
                continue
            with self.lock:
                self.version += 1
                self.protobuf[kind] = [o for o in self.protobuf[kind]
                                       if (part(o, 1, 3), part(o, 1, 1)) !=
                                       (part(raw, 1, 3), part(raw, 1, 1))]
                if change in (b"ADDED", b"MODIFIED"):
                    self.protobuf[kind].append(raw)
                self.publish(kind, {"protobuf": whole})

    def bookmark(self, kind, version):
        _, api, name = KINDS[kind]
        with self.lock:
            self.version = max(self.version, int(version))
            text = {"type": "BOOKMARK", "object": {"kind": name, "apiVersion": api, "metadata": {
                "resourceVersion": version, "creationTimestamp": None}}}
            raw = message([(1, 2, message([(6, 2, version)]))])
            self.publish(kind, {"json": json.dumps(text).encode() + b"\n",
                                "protobuf": frame(kind, "BOOKMARK", raw)})

    def to_watchers(self, kind, item):
        with self.lock:
            for watcher in self.watchers[kind]:
                watcher.put(item)

    def selected(self, kind, selector):
        """(JSON objects, protobuf objects), of one node where that is asked for"""
        node = selector.partition("spec.nodeName=")[2]
        texts, raws = list(self.json[kind].values()), self.protobuf[kind]
        if node:
            texts = [o for o in texts if o["spec"].get("nodeName") == node]
            raws = [o for o in raws if part(o, 2, 10) == node.encode()]
        return texts, raws


# -------------------------------------------------------------------- the API


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, *args):
        pass

    def whole(self, status, body, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def recorded(self, name):
        """A recorded error, with its status."""
        with open(os.path.join(self.state.data, name), "rb") as file:
            head, body = file.read().split(b"\r\n\r\n", 1)
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]
                   if line.lower().startswith("retry-after")]
        self.whole(int(head.split()[1]), body, headers=headers)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def begin_chunks(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def user(self):
        cert = getattr(self.connection, "getpeercert", dict)() or {}
        names = dict(pair for part_ in cert.get("subject", ()) for pair in part_)
        return names.get("commonName", "-"), self.headers.get("Authorization", "-")

    def encoding(self):
        knobs, accept = self.state.knobs, self.headers.get("Accept", "")
        if knobs.get("encoding") == "json" or PROTOBUF not in accept:
            return "json"
        return "refused" if knobs.get("encoding") == "only-json" else "protobuf"

    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        kind = PATHS.get(url.path)
        try:
            self.answer(kind, query, url.query)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def note(self, kind, query, text, status):
        name, authorization = self.user()
        with self.state.lock:
            self.state.requests.append(" ".join((
                kind or "-", "watch" if "watch" in query else "list", text,
                self.headers.get("Accept", "-").replace(" ", ""), name,
                authorization.replace(" ", ":"), str(status))))

    def refusal(self, kind, query):
        """Why this request gets no answer: a recorded file, a status, or None."""
        state, knobs = self.state, self.state.knobs
        verb = "watch" if "watch" in query else "list"
        _, authorization = self.user()
        if kind is None:
            return 404
        if state.token and authorization != "Bearer " + state.token:
            return "unauthorized-401.http"
        if knobs.has("forbid", kind) or (verb == "watch" and knobs.has("forbid-watch", kind)):
            return "forbidden-403.http"
        if knobs.get("status") and knobs.get("of", verb) == verb:
            return int(knobs["status"])
        if self.encoding() == "refused":
            return 406
        if verb == "list" and "continue" in query and knobs.has("expire", kind):
            knobs.pop("expire")
            return "list-pods-410-continue.http"
        if verb == "watch" and knobs.has("gone", kind):
            knobs.pop("gone")
            return "list-pods-410-exact.http"
        return None

    def answer(self, kind, query, text):
        refusal = self.refusal(kind, query)
        self.note(kind, query, text, refusal or 200)
        if isinstance(refusal, str):
            self.recorded(refusal)
        elif refusal:
            headers = [("Retry-After", self.state.knobs["after"])] \
                if self.state.knobs.get("after") else []
            body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                               "message": self.state.knobs.get("message", "as asked for"),
                               "code": refusal}).encode()
            self.whole(refusal, body, headers=headers)
        elif self.state.knobs.has("hang", kind):
            time.sleep(3600)
        elif self.state.knobs.has("html", kind):
            self.whole(200, b"<html>log in first</html>", "text/html")
        elif "watch" in query:
            self.watch(kind, query)
        else:
            self.list(kind, query)

    def list(self, kind, query):
        state, knobs = self.state, self.state.knobs
        if knobs.has("big", kind):
            self.big(PROTOBUF if self.encoding() == "protobuf" else "application/json")
            return
        with state.lock:
            texts, raws = state.selected(kind, query.get("fieldSelector", ""))
            version = str(state.version)
        items = raws if self.encoding() == "protobuf" else texts
        limit = int(knobs.get("page") or query.get("limit") or len(items))
        begin = int(query.get("continue") or 0)
        rest = max(0, len(items) - begin - limit)
        items = items[begin:begin + limit]
        token = str(begin + limit) if rest else "9" * int(knobs.get("endless", 0))
        if self.encoding() == "protobuf":
            meta = message([(1, 2, ""), (2, 2, version), (3, 2, token), (4, 0, rest)])
            raw = message([(1, 2, meta)] + [(2, 2, item) for item in items])
            body, media = unknown(kind, raw, True), PROTOBUF
        else:
            meta = {"resourceVersion": version}
            if token:
                meta.update({"continue": token, "remainingItemCount": rest})
            _, api, name = KINDS[kind]
            body = json.dumps({"kind": name + "List", "apiVersion": api, "metadata": meta,
                               "items": items}).encode()
            media = "application/json"
        if knobs.has("cut", kind):
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
            return
        self.whole(200, body, media)

    def big(self, media):
        """1 GB of an answer that begins well, for as long as somebody reads it."""
        self.begin_chunks(media)
        self.chunk(MAGIC if media == PROTOBUF else b'{"kind":"PodList","items":[')
        for _ in range(16384):
            self.chunk(b" " * 65536)
        self.chunk(b"")

    def watch(self, kind, query):
        state, encoding = self.state, self.encoding()
        mine = queue.Queue()
        since = int(query.get("resourceVersion") or 0)
        with state.lock:
            gone = state.knobs.has("gone-event", kind)
            if gone:
                state.knobs.pop("gone-event")
            for version, encodings in state.events[kind]:
                if version > since:
                    mine.put(encodings)
            state.watchers[kind].append(mine)
        try:
            self.begin_chunks(PROTOBUF + ";stream=watch" if encoding == "protobuf"
                              else "application/json")
            if gone:
                self.gone(encoding)
                mine.put("close")
            self.deliver(mine, encoding, kind)
        finally:
            with state.lock:
                state.watchers[kind].remove(mine)
            self.close_connection = True

    def gone(self, encoding):
        if encoding == "json":
            with open(os.path.join(self.state.data, "watch-pods-410.http"), "rb") as file:
                self.chunk(file.read().split(b"\r\n\r\n", 1)[1].strip() + b"\n")
            return
        status = message([(1, 2, ""), (2, 2, "Failure"), (4, 2, "Expired"),
                          (3, 2, "too old resource version: 1 (282)"), (6, 0, 410)])
        meta = message([(1, 2, "v1"), (2, 2, "Status")])
        raw = MAGIC + message([(1, 2, meta), (2, 2, status)])
        body = message([(1, 2, "ERROR"), (2, 2, message([(1, 2, raw)]))])
        self.chunk(len(body).to_bytes(4, "big") + body)

    def deliver(self, mine, encoding, kind):
        while True:
            try:
                item = mine.get(timeout=1)
            except queue.Empty:
                continue
            if item == "close":
                self.chunk(b"")
                return
            if item == "mid":
                self.chunk(b"\0\0\7\0half of" if encoding == "protobuf" else b'{"type":"ADDED","obj')
                self.connection.close()
                return
            if item == "big":
                self.chunk(b"\0\x70\0\0" if encoding == "protobuf" else b'{"type":"')
                for _ in range(16384):
                    self.chunk(b" " * 65536)
                return
            if isinstance(item, bytes):
                self.chunk(item)
            elif encoding in item:
                self.chunk(item[encoding])


class Control(BaseHTTPRequestHandler):
    state = None

    def log_message(self, *args):
        pass

    def do_POST(self):
        self.do_GET()

    def do_GET(self):
        url = urlsplit(self.path)
        query = {n: v[0] for n, v in parse_qs(url.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.order(url.path.strip("/"), query, body) or ""
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def order(self, name, query, body):
        state, kind = self.state, query.get("kind", "pods")
        if name == "event":
            state.event(kind, body)
        elif name == "frames":
            state.frames(kind, query["file"])
        elif name == "bookmark":
            state.bookmark(kind, query["rv"])
        elif name == "drop":
            for each in [kind] if "kind" in query else KINDS:
                state.to_watchers(each, "mid" if "mid" in query else
                                  "big" if "big" in query else "close")
        elif name == "raw":
            state.to_watchers(kind, body)
        elif name == "set":
            with state.lock:
                state.token = query.pop("token", state.token)
                state.knobs.update(query)
                for key in [k for k, v in state.knobs.items() if not v]:
                    del state.knobs[key]
        elif name == "watchers":
            return str(len(state.watchers[kind])) + "\n"
        elif name == "log":
            with state.lock:
                text = "".join(line + "\n" for line in state.requests)
                if "clear" in query:
                    state.requests.clear()
            return text
        else:
            return "no such order\n"
        return "ok\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    context = None

    def handle_error(self, request, client_address):
        pass

    def finish_request(self, request, client_address):
        # in the connection's own thread: a slow handshake holds up nobody else
        if self.context:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
            request.settimeout(None)
        super().finish_request(request, client_address)


def main():
    data, *rest = sys.argv[1:]
    args = dict(arg.split("=", 1) for arg in rest)
    state = State(data, args.get("token", ""), int(args.get("pods", 0)))
    Handler.state = Control.state = state
    server = Server(("127.0.0.1", int(args.get("port", 0))), Handler)
    if "tls" in args:
        cert, key, *client = args["tls"].split(",")
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(cert, key)
        if client:
            server.context.load_verify_locations(client[0])
            server.context.verify_mode = ssl.CERT_REQUIRED
    control = ThreadingHTTPServer(("127.0.0.1", int(args.get("control", 0))), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    print("ready", server.server_port, control.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
