# SPDX-License-Identifier: MIT
"""A stand-in for Hubble Relay, on Debian's python3-grpcio.

  mock_relay.py PB2_DIR ADDRESS FLOWS.jsonl [OPTION...]

Answers observer.Observer, peer.Peer and grpc.health.v1.Health from a file of
GetFlowsResponse in JSON. Prints "ready" once it listens. Options:
  --requests FILE    each GetFlowsRequest as a line of JSON, metadata as "metadata"
  --repeat N         the file's flows N times over, for throughput
  --drip MS          so long between two answers
  --break-after N    aborts a stream with UNAVAILABLE after N answers, the first time
  --follow           a stream with follow goes on with the file's flows, at its end it waits
  --not-serving      health says NOT_SERVING
  --plain-agent      no relay: GetNodes is not implemented, no counts of nodes
  --error TEXT       GetFlows fails with UNKNOWN and this text
  --tls CERT KEY [CA]  TLS; with CA client certificates are asked for
"""
import argparse
import json
import sys
import time
from concurrent import futures

args = argparse.ArgumentParser()
args.add_argument('pb2')
args.add_argument('address')
args.add_argument('flows')
args.add_argument('--requests')
args.add_argument('--repeat', type=int, default=1)
args.add_argument('--drip', type=int, default=0)
args.add_argument('--break-after', type=int, default=0)
args.add_argument('--follow', action='store_true')
args.add_argument('--not-serving', action='store_true')
args.add_argument('--plain-agent', action='store_true')
args.add_argument('--error')
args.add_argument('--tls', nargs='+')
args = args.parse_args()
sys.path.insert(0, args.pb2)

import grpc  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from export.proto import health_pb2, observer_pb2, peer_pb2  # noqa: E402

LINES = [json_format.Parse(line, observer_pb2.GetFlowsResponse(), ignore_unknown_fields=True)
         for line in open(args.flows) if line.strip()]
PACKED = [m.SerializeToString() for m in LINES]
broken = []


def note(request, context):
    if not args.requests:
        return
    seen = json.loads(json_format.MessageToJson(request, preserving_proto_field_name=True))
    seen['metadata'] = {m.key: str(m.value) for m in context.invocation_metadata()}
    with open(args.requests, 'a') as out:
        out.write(json.dumps(seen) + '\n')


def wanted(request):
    """What a relay with these flows in its ring would send."""
    since = request.since.ToNanoseconds() if request.HasField('since') else 0
    until = request.until.ToNanoseconds() if request.HasField('until') else 1 << 63
    flows = [m for m in LINES
             if not m.HasField('flow') or since <= m.time.ToNanoseconds() <= until]
    real = [m for m in flows if m.HasField('flow')]
    if request.number and not since and request.number < len(real):
        keep = real[:request.number] if request.first else real[-request.number:]
        keep = set(id(m) for m in keep)
        flows = [m for m in flows if not m.HasField('flow') or id(m) in keep]
    return flows


def masked(message, mask):
    if not mask.paths or not message.HasField('flow'):
        return message
    out = observer_pb2.GetFlowsResponse()
    out.CopyFrom(message)
    out.ClearField('flow')
    mask.MergeMessage(message.flow, out.flow)
    out.flow.SetInParent()
    return out


def get_flows(request, context):
    note(request, context)
    if args.error:
        context.abort(grpc.StatusCode.UNKNOWN, args.error)
    plain = not request.number and not request.since.seconds and not request.field_mask.paths
    out = (PACKED if plain else
           [masked(m, request.field_mask).SerializeToString() for m in wanted(request)])
    if request.follow and not request.number and not request.HasField('since') and not args.follow:
        out = []
    sent = 0
    for _ in range(args.repeat):
        for message in out:
            if args.break_after and sent == args.break_after and not broken:
                broken.append(True)
                context.abort(grpc.StatusCode.UNAVAILABLE, 'going away: 100 %')
            yield message
            sent += 1
            if args.drip:
                time.sleep(args.drip / 1000)
    while request.follow and context.is_active():
        time.sleep(0.05)


def server_status(request, context):
    status = observer_pb2.ServerStatusResponse(
        num_flows=4095, max_flows=4095, seen_flows=1234567, uptime_ns=3600 * 10**9,
        version='mock 0.1', flows_rate=12.34)
    if not args.plain_agent:
        status.num_connected_nodes.value = 3
        status.num_unavailable_nodes.value = 1
        status.unavailable_nodes.append('node-x')
    return status


def get_nodes(request, context):
    if args.plain_agent:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, 'GetNodes not implemented')
    nodes = observer_pb2.GetNodesResponse()
    nodes.nodes.add(name='node-1', version='mock 0.1', address='127.0.0.1:14244', state=1,
                    tls=observer_pb2.TLS(enabled=False), uptime_ns=3600 * 10**9, num_flows=4095,
                    max_flows=4095, seen_flows=1234567)
    nodes.nodes.add(name='node-x', address='127.0.0.1:1', state=2)
    return nodes


def get_namespaces(request, context):
    answer = observer_pb2.GetNamespacesResponse()
    answer.namespaces.add(cluster='default', namespace='kube-system')
    answer.namespaces.add(cluster='default', namespace='shop')
    return answer


def check(request, context):
    if request.service not in ('', 'hubble.server.Observer'):
        context.abort(grpc.StatusCode.NOT_FOUND, 'unknown service')
    return health_pb2.HealthCheckResponse(status=2 if args.not_serving else 1)


def notify(request, context):
    yield peer_pb2.ChangeNotification(name='node-1', address='127.0.0.1:14244', type=1)
    yield peer_pb2.ChangeNotification(name='node-2', address='127.0.0.2:4244', type=1,
                                      tls=peer_pb2.TLS(server_name='node-2.default.hubble-grpc.cilium.io'))
    yield peer_pb2.ChangeNotification(name='node-1', address='127.0.0.1:14244', type=2)


def agent_events(request, context):
    context.abort(grpc.StatusCode.UNIMPLEMENTED, 'GetAgentEvents not implemented')


def unary(fn, kind):
    return grpc.unary_unary_rpc_method_handler(
        fn, kind.FromString, lambda m: m.SerializeToString())


def stream(fn, kind):
    return grpc.unary_stream_rpc_method_handler(
        fn, kind.FromString, lambda m: m if isinstance(m, bytes) else m.SerializeToString())


server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler('observer.Observer', {
        'GetFlows': stream(get_flows, observer_pb2.GetFlowsRequest),
        'GetAgentEvents': stream(agent_events, observer_pb2.GetAgentEventsRequest),
        'ServerStatus': unary(server_status, observer_pb2.ServerStatusRequest),
        'GetNodes': unary(get_nodes, observer_pb2.GetNodesRequest),
        'GetNamespaces': unary(get_namespaces, observer_pb2.GetNamespacesRequest),
    }),
    grpc.method_handlers_generic_handler('peer.Peer', {
        'Notify': stream(notify, peer_pb2.NotifyRequest),
    }),
    grpc.method_handlers_generic_handler('grpc.health.v1.Health', {
        'Check': unary(check, health_pb2.HealthCheckRequest),
    }),
))
if args.tls:
    cert, key = (open(f, 'rb').read() for f in args.tls[:2])
    ca = open(args.tls[2], 'rb').read() if len(args.tls) > 2 else None
    port = server.add_secure_port(args.address, grpc.ssl_server_credentials(
        [(key, cert)], root_certificates=ca, require_client_auth=ca is not None))
else:
    port = server.add_insecure_port(args.address)
server.start()
print('ready', port, flush=True)
server.wait_for_termination()
