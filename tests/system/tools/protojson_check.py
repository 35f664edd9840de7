#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""protojson_check.py TOOL COUNT FOLDER [FLOWS]

Compares TOOL (protojson_tool) with protobuf's own JSON mapping: COUNT random
messages of the API, both ways, and the flows of the JSON lines in FLOWS. FOLDER has what
protoc --python_out made. Prints what differs; exit status 1 when anything does.
"""
import json
import random
import struct
import subprocess
import sys

tool, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sys.path.insert(0, folder)
from google.protobuf import json_format, struct_pb2, wrappers_pb2
from google.protobuf.descriptor import FieldDescriptor as F
from export.proto import flow_pb2, observer_pb2, pitot_pb2

TYPES = {
    "flow.Flow": flow_pb2.Flow,
    "flow.FlowFilter": flow_pb2.FlowFilter,
    "observer.GetFlowsRequest": observer_pb2.GetFlowsRequest,
    "observer.GetFlowsResponse": observer_pb2.GetFlowsResponse,
    "observer.ExportEvent": observer_pb2.ExportEvent,
    "observer.ServerStatusResponse": observer_pb2.ServerStatusResponse,
    "observer.GetAgentEventsResponse": observer_pb2.GetAgentEventsResponse,
    "observer.GetNodesResponse": observer_pb2.GetNodesResponse,
    "pitot.v1.FlowExtension": pitot_pb2.FlowExtension,
    "pitot.v1.StatusResponse": pitot_pb2.StatusResponse,
}
R = random.Random(4)
TEXTS = ["", "a", "shop", "TCP Flags: SYN, ACK", 'q"\\/', "<a&b>", "\n\t\b\x00\x1b", "grüße", "\u202e\u2028",
         "\U0001f41d bee", "x" * 200, "é" * 100, "k8s:app=a,b"]
DOUBLES = [0.0, 1.0, -1.5, 12.34, 1e-7, 1e300, 2.0**53, -2.0**63, 0.1, 1 / 3, 5e-324, 1e15, 1e21]


def integer(bits, signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return R.choice([0, 1, high, low, R.randint(low, high), R.randint(0, 127)])


def value(field, depth):
    t = field.type
    if t in (F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32):
        return integer(32, True)
    if t in (F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64):
        return integer(64, True)
    if t in (F.TYPE_UINT32, F.TYPE_FIXED32):
        return integer(32, False)
    if t in (F.TYPE_UINT64, F.TYPE_FIXED64):
        return integer(64, False)
    if t == F.TYPE_BOOL:
        return R.random() < 0.5
    if t == F.TYPE_STRING:
        return R.choice(TEXTS)
    if t == F.TYPE_BYTES:
        return R.randbytes(R.randrange(20))
    if t == F.TYPE_ENUM:
        return R.choice([v.number for v in field.enum_type.values] + [77])
    if t == F.TYPE_FLOAT:
        return struct.unpack("f", struct.pack("f", R.choice(DOUBLES[:6])))[0]
    return R.choice(DOUBLES + [R.uniform(-1e6, 1e6), float("inf")])


def fill_value(v, depth):
    kind = R.randrange(6 if depth < 4 else 4)
    if kind == 0:
        v.null_value = 0
    elif kind == 1:
        v.number_value = R.choice(DOUBLES + [R.uniform(-1, 1)])
    elif kind == 2:
        v.string_value = R.choice(TEXTS)
    elif kind == 3:
        v.bool_value = R.random() < 0.5
    elif kind == 4:
        v.struct_value.SetInParent()
        for _ in range(R.randrange(3)):
            fill_value(v.struct_value.fields[R.choice(TEXTS)], depth + 1)
    else:
        v.list_value.SetInParent()
        for _ in range(R.randrange(4)):
            fill_value(v.list_value.values.add(), depth + 1)


def fill_any(m, depth):
    if R.random() < 0.4:
        s = struct_pb2.Struct()
        for _ in range(R.randrange(4)):
            fill_value(s.fields[R.choice(TEXTS)], depth + 1)
        m.Pack(s)
    elif R.random() < 0.3:
        m.Pack(R.choice([wrappers_pb2.Int64Value(value=R.randrange(1 << 62)),
                         wrappers_pb2.StringValue(value=R.choice(TEXTS)), wrappers_pb2.BoolValue()]))
    else:
        e = pitot_pb2.FlowExtension()
        fill(e, depth + 1)
        m.Pack(e)


def fill(m, depth=0):
    name = m.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        m.seconds = R.choice([0, -1, 1768472430, -62135596800, 253402300799, R.randint(0, 1 << 33)])
        m.nanos = R.choice([0, 1, 500000000, 120000, 999999999, R.randrange(10**9)])
        return
    if name == "google.protobuf.FieldMask":
        m.paths.extend(R.sample(["source.pod_name", "l4", "source_names", "a.b_c.d"], R.randrange(4)))
        return
    if name == "google.protobuf.Any":
        fill_any(m, depth)
        return
    for field in m.DESCRIPTOR.fields:
        if R.random() > (0.5 if depth == 0 else 0.6) / (1 + depth / 4):
            continue
        if field.label == F.LABEL_REPEATED:
            for _ in range(R.randrange(4)):
                if field.type == F.TYPE_MESSAGE:
                    fill(getattr(m, field.name).add(), depth + 1)
                else:
                    getattr(m, field.name).append(value(field, depth))
        elif field.type == F.TYPE_MESSAGE:
            if depth < 6:
                getattr(m, field.name).SetInParent()
                fill(getattr(m, field.name), depth + 1)
        else:
            setattr(m, field.name, value(field, depth))


def run(requests):
    return subprocess.run([tool], input="".join(r + "\n" for r in requests).encode(), stdout=subprocess.PIPE,
                          check=True).stdout.decode().split("\n")[:-1]


def declared(v, m):
    """True where all members stand in the order of the declarations."""
    numbers = {f.name: i for i, f in enumerate(m.fields)}
    seen = [numbers[k] for k in v]
    if seen != sorted(seen):
        return False
    for k, child in v.items():
        f = m.fields_by_name[k]
        if f.message_type is None or f.message_type.full_name.startswith("google."):
            continue
        if not all(declared(c, f.message_type) for c in (child if isinstance(child, list) else [child])):
            return False
    return True


messages = []
for i in range(count):
    name = R.choice(list(TYPES))
    m = TYPES[name]()
    fill(m)
    messages.append((name, m))
if len(sys.argv) > 4:
    for line in open(sys.argv[4]):
        messages.append(("observer.GetFlowsResponse", json_format.Parse(line, TYPES["observer.GetFlowsResponse"]())))

wanted = [json_format.MessageToJson(m, preserving_proto_field_name=True, indent=None) for _, m in messages]
written = run("%s json %s" % (name, m.SerializeToString().hex()) for name, m in messages)
camel = [json_format.MessageToJson(m, indent=None, use_integers_for_enums=R.random() < 0.5) for _, m in messages]
read = [run("%s wire %s" % (name, text) for (name, _), text in zip(messages, texts)) for texts in (wanted, camel)]

differ = 0


def report(what, name, *texts):
    global differ
    differ += 1
    if differ <= 5:
        print("# %s: %s" % (what, name), *("#   %s" % t for t in texts), sep="\n")


assert len(written) == len(messages) and all(len(r) == len(messages) for r in read)
for i, (name, m) in enumerate(messages):
    if written[i].startswith("error") or json.loads(written[i]) != json.loads(wanted[i]):
        report("written otherwise", name, written[i], wanted[i])
    elif not declared(json.loads(written[i]), m.DESCRIPTOR):
        report("not in the order of the declarations", name, written[i])
    if any(c in written[i] for c in "<>&\u2028") or any(ord(c) < 32 for c in written[i]):
        report("not escaped", name, written[i])
    for texts, source in zip(read, (wanted, camel)):
        if texts[i].startswith("error") or type(m).FromString(bytes.fromhex(texts[i])) != m:
            report("read otherwise", name, source[i], texts[i])
print("%d messages, %d differences" % (len(messages), differ))
sys.exit(1 if differ else 0)
