#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Debian's grpcio asks an agent: api_client.py PROTOS SERVER COMMAND [ARG...]

PROTOS: what protoc --python_out made of export/proto. Each command prints lines of
"ok - ..." and "not ok - ..."; the traffic it needs it makes itself (udp() below).
"""
import ctypes
import os
import socket
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import grpc
from google.protobuf import any_pb2, descriptor_pb2, field_mask_pb2, struct_pb2, timestamp_pb2
from export.proto import flow_pb2, health_pb2, observer_pb2, peer_pb2, pitot_pb2
from export.proto import reflection_v1_pb2, reflection_v1alpha_pb2

FROM, TO = "10.222.71.1", "10.222.71.2"
observer, flow = observer_pb2, flow_pb2
failed = False


def channel(*options):
	return grpc.insecure_channel(sys.argv[2], options=[("grpc.enable_http_proxy", 0), *options])


the_channel = channel()


def ok(condition, what, detail=""):
	global failed
	failed = failed or not condition
	print(("ok - " if condition else "not ok - ") + what, flush=True)
	if not condition:
		print("#   " + str(detail).replace("\n", "\n#   "), flush=True)


def unary(path, request, answer, timeout=10):
	return the_channel.unary_unary(
		path, request_serializer=type(request).SerializeToString,
		response_deserializer=answer.FromString)(request, timeout=timeout)


def stream(path, request, answer, timeout=20, on=None, metadata=None):
	return (on or the_channel).unary_stream(
		path, request_serializer=type(request).SerializeToString,
		response_deserializer=answer.FromString)(request, timeout=timeout, metadata=metadata)


def get_flows(timeout=20, on=None, metadata=None, **fields):
	return stream("/observer.Observer/GetFlows", observer.GetFlowsRequest(**fields),
		observer.GetFlowsResponse, timeout, on, metadata)


def error_of(call):
	try:
		list(call)
	except grpc.RpcError as e:
		return e.code(), e.details()
	return grpc.StatusCode.OK, ""


def ours(**more):
	return flow.FlowFilter(source_ip=[FROM], destination_ip=[TO], protocol=["udp"], **more)


def udp(first, n, pause=0):
	"""A new flow for each source port from `first` on."""
	for port in range(first, first + n):
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			s.bind((FROM, port))
			s.sendto(b"x" * 20, (TO, 7000))
		if pause and port % 50 == 0:
			time.sleep(pause)


def ports(responses):
	return [r.flow.l4.UDP.source_port for r in responses if r.WhichOneof("response_types") == "flow"]


def wait(condition, seconds=10):
	end = time.monotonic() + seconds
	while time.monotonic() < end:
		if condition():
			return True
		time.sleep(0.05)
	return False


def ts(response):
	return response.flow.time.ToNanoseconds()


# ------------------------------------------------------------------- the rules


def rules():
	only = dict(whitelist=[ours(source_port=[str(p) for p in range(20000, 20010)])])
	udp(20000, 10, 0)
	all_of = lambda: list(get_flows(**only))
	ok(wait(lambda: len(all_of()) == 10), "ten flows are there", len(all_of()))
	flows = all_of()
	ok(ports(flows) == list(range(20000, 20010)), "oldest first", ports(flows))
	ok(ports(get_flows(number=3, **only)) == [20007, 20008, 20009],
		"number: the last ones that match, oldest of them first")
	ok(ports(get_flows(number=3, first=True, **only)) == [20000, 20001, 20002], "first: the first")
	ok(len(ports(get_flows(number=2**64 - 1, **only))) == 10, "number 2^64-1: all")
	middle = flows[4].flow.time
	ok(ports(get_flows(since=middle, **only)) == list(range(20004, 20010)), "since: from then on")
	ok(ports(get_flows(until=middle, **only)) == list(range(20000, 20005)), "until: up to then")
	ok(ports(get_flows(since=middle, number=2, **only)) == [20004, 20005],
		"since goes before number: from then on, so many")
	ok(ports(get_flows(until=middle, number=2, **only)) == [20003, 20004],
		"until and number: the last ones before then")
	ok(ports(get_flows(since=flows[2].flow.time, until=middle, first=True, **only)) ==
		[20002, 20003, 20004], "since, until, first")
	ok(ports(get_flows(blacklist=[flow.FlowFilter(source_port=["20003"])], number=7, **only)) ==
		[20002, 20004, 20005, 20006, 20007, 20008, 20009], "blacklist: none of it, and not counted")
	first = flows[0]
	ok(first.node_name == first.flow.node_name != "" and first.time == first.flow.time,
		"node and time are there twice", first)
	ok(first.flow.Summary == "UDP" and first.flow.verdict == flow.FORWARDED and
		first.flow.event_type.type == 4, "what a line needs", first.flow)
	ok(error_of(get_flows(first=True, follow=True)) == (grpc.StatusCode.INVALID_ARGUMENT,
		"first cannot be specified with follow"), "first and follow: INVALID_ARGUMENT")
	code, text = error_of(get_flows(whitelist=[flow.FlowFilter(source_ip=["nonsense"])]))
	ok(code == grpc.StatusCode.UNKNOWN and "nonsense" in text and "\n" not in text,
		"a bad filter: its text, UNKNOWN", (code, text))
	code, text = error_of(get_flows(field_mask=field_mask_pb2.FieldMask(paths=["nonsense.x"])))
	ok(code == grpc.StatusCode.UNKNOWN and "nonsense.x" in text, "a bad mask: its text, UNKNOWN",
		(code, text))
	big = flow.FlowFilter(source_ip=["10.0.0.0/8"] * 40000)
	ok(error_of(get_flows(whitelist=[big]))[0] == grpc.StatusCode.RESOURCE_EXHAUSTED,
		"a request beyond its bound")
	mask = field_mask_pb2.FieldMask(paths=["source.identity", "l4", "Summary"])
	got = list(get_flows(number=1, field_mask=mask, **only))[0]
	ok(got.flow.l4.UDP.source_port == 20009 and got.flow.Summary == "UDP" and
		not got.flow.HasField("IP") and not got.flow.HasField("extensions") and
		not got.flow.source.pod_name, "a mask leaves the rest out", got)
	old = observer.GetFlowsRequest.Experimental(field_mask=mask)
	got = list(get_flows(number=1, experimental=old, **only))[0]
	ok(not got.flow.HasField("IP"), "the mask's place of older clients")
	extensions(only)


def extensions(only):
	got = list(get_flows(number=1, **only))[0].flow.extensions
	struct = struct_pb2.Struct()
	ok(got.Unpack(struct) and struct["event"] == "new", "strangers get a Struct", got)
	got = list(get_flows(number=1, metadata=[("pitot-extensions", "v1")], **only))[0].flow.extensions
	own = pitot_pb2.FlowExtension()
	ok(got.Unpack(own) and own.event == pitot_pb2.EVENT_NEW and own.forward.packets == 1,
		"who announces it gets pitot.v1", got)
	asked = any_pb2.Any()
	asked.Pack(pitot_pb2.GetFlowsOptions(where="src.port >= 20007"))
	ok(ports(get_flows(extensions=asked, **only)) == [20007, 20008, 20009], "where")
	asked.Pack(pitot_pb2.GetFlowsOptions(where="src.prot >= 20007"))
	code, text = error_of(get_flows(extensions=asked, **only))
	ok(code == grpc.StatusCode.INVALID_ARGUMENT and "column 1" in text and "\n" not in text,
		"a bad expression: INVALID_ARGUMENT and where", (code, text))
	asked.Pack(flow.FlowFilter())
	ok(len(ports(get_flows(extensions=asked, **only))) == 10, "strange extensions are passed over")


class Follower(threading.Thread):
	"""Reads in the background until it is told to stop."""

	def __init__(self, on=None, pause=0, **fields):
		super().__init__(daemon=True)
		self.call = get_flows(timeout=60, on=on, follow=True, **fields)
		self.got, self.error, self.pause = [], None, pause
		self.start()

	def run(self):
		try:
			for r in self.call:
				self.got.append(r)
				time.sleep(self.pause)
		except grpc.RpcError as e:
			self.error = e

	def flows(self):
		return ports(self.got)

	def lost(self):
		return [r.lost_events for r in self.got if r.WhichOneof("response_types") == "lost_events"]

	def stop(self):
		self.call.cancel()
		self.join(5)


def follow():
	only = dict(whitelist=[ours()])
	udp(21000, 5)
	ok(wait(lambda: len(ports(get_flows(whitelist=[ours(source_port=[str(p) for p in
		range(21000, 21005)])]))) == 5), "five flows are held")
	plain, with_number = Follower(**only), Follower(number=2, **only)
	status = lambda: unary("/pitot.v1.Agent/Status", pitot_pb2.StatusRequest(),
		pitot_pb2.StatusResponse)
	ok(wait(lambda: status().followers == 2), "two follow", status().followers)
	ok(wait(lambda: len(with_number.flows()) >= 2), "follow with number: begins with the last ones")
	ok(with_number.flows()[:2] == [21003, 21004], "which they are", with_number.flows())
	began = time.monotonic()
	udp(21100, 1)
	ok(wait(lambda: 21100 in plain.flows()), "a new flow comes")
	ok(time.monotonic() - began < 1, "within a second")
	udp(21101, 9)
	ok(wait(lambda: len(with_number.flows()) == 12), "number is no limit", with_number.flows())
	ok(plain.flows() == list(range(21100, 21110)), "follow alone: from now on", plain.flows())
	plain.stop(), with_number.stop()
	ok(wait(lambda: status().followers == 0), "they have gone", status().followers)


def slow():
	"""One that does not read loses its own events and is told; nobody else notices."""
	n = 24000
	narrow = channel(("grpc.http2.lookahead_bytes", 65536), ("grpc.http2.bdp_probe", 0))
	asleep = get_flows(timeout=60, on=narrow, follow=True, whitelist=[ours()])
	quick = Follower(on=channel(("grpc.x", 1)), whitelist=[ours()])
	time.sleep(0.5)
	for _ in range(2):
		udp(30000, n // 2, 0.02)
	ok(wait(lambda: len(quick.flows()) >= n // 2, 20), "the quick one gets flows", len(quick.flows()))
	time.sleep(1)
	ok(not [l for l in quick.lost() if l.source == flow.HUBBLE_RING_BUFFER], "and loses none",
		quick.lost())
	want = len(quick.flows())
	quick.stop()
	got, lost = 0, []
	for r in asleep:
		if r.WhichOneof("response_types") == "lost_events":
			if r.lost_events.source == flow.HUBBLE_RING_BUFFER:
				lost.append(r.lost_events)
		else:
			got += 1
		if lost and got + sum(l.num_events_lost for l in lost) >= want:
			break
	asleep.cancel()
	ok(0 < len(lost) <= 3, "the slow one is told of its losses, once a second at most", len(lost))
	total = sum(l.num_events_lost for l in lost)
	ok(got < want and got + total >= want, "what it lost and what it got are all of them",
		(got, total, want))
	ok(all(l.first.seconds and l.last.seconds >= l.first.seconds for l in lost),
		"with the first one's time and the last one's", lost)


def long_names():
	"""200 flows on which the filters of hard_work() work hard."""
	name = b"".join(b"\x28" + b"a" * 40 for _ in range(4)) + b"\0"
	with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
		s.bind((FROM, 0))
		for i in range(200):
			s.sendto(i.to_bytes(2, "big") + b"\1\0\0\1" + b"\0" * 6 + name + b"\0\1\0\1", (TO, 53))
			time.sleep(0.001)
	queries = lambda: len(list(get_flows(whitelist=[flow.FlowFilter(dns_query=["^(a{40}\\.){4}$"])])))
	ok(wait(lambda: queries() >= 100, 20), "flows with long names", queries())


def hard_work(**more):
	return get_flows(whitelist=[flow.FlowFilter(dns_query=["(a|aa)+[x%d][yz]" % i])
		for i in range(60)], **more)


def heavy():
	"""A filter that works hard on each flow: the others are answered meanwhile, and its deadline holds."""
	long_names()
	call, longest, began = hard_work(timeout=2), 0, time.monotonic()
	ended = threading.Thread(target=lambda: error_of(call))
	ended.start()
	while ended.is_alive():
		asked = time.monotonic()
		unary("/observer.Observer/ServerStatus", observer.ServerStatusRequest(),
			observer.ServerStatusResponse, 60)
		longest = max(longest, time.monotonic() - asked)
	ok(longest < 1, "others are answered while a filter works hard", longest)
	ended.join()
	ok(time.monotonic() - began < 4, "and goes at its deadline")
	large = [flow.FlowFilter(dns_query=["((a|b|c|d){1,15}){1,20}x%d" % i for i in range(120)])]
	on = channel(("grpc.large", 1))
	calls = [get_flows(timeout=60, on=on, follow=True, whitelist=large) for _ in range(80)]
	full = lambda: sum(c.done() and c.code() == grpc.StatusCode.RESOURCE_EXHAUSTED for c in calls)
	ok(wait(lambda: 0 < full() < 80, 20), "what filters take is bounded", full())
	on.close()


def heavy_followers():
	"""Have most of the history still before them when the agent ends."""
	long_names()
	calls = [hard_work(timeout=60, follow=True, since=timestamp_pb2.Timestamp(seconds=1)) for _ in range(10)]
	ok(wait(lambda: unary("/pitot.v1.Agent/Status", pitot_pb2.StatusRequest(),
		pitot_pb2.StatusResponse, 60).followers >= 10, 20), "they follow")
	for call in calls:
		error_of(call)


# ------------------------------------------------------------- the other services


def services():
	status = unary("/observer.Observer/ServerStatus", observer.ServerStatusRequest(),
		observer.ServerStatusResponse)
	ok(status.seen_flows >= status.num_flows > 0 and status.max_flows >= status.num_flows and
		status.uptime_ns > 0 and status.version.startswith("pitot "), "ServerStatus", status)
	ok(status.flows_rate > 0, "flows a second", status)
	nodes = unary("/observer.Observer/GetNodes", observer.GetNodesRequest(),
		observer.GetNodesResponse).nodes
	ok([n.name for n in nodes][0] == os.environ["NODE"] and nodes[0].state == 1 and
		[n.name for n in nodes][1:] == ["far/node-2"], "GetNodes: itself and its peer", nodes)
	namespaces = unary("/observer.Observer/GetNamespaces", observer.GetNamespacesRequest(),
		observer.GetNamespacesResponse).namespaces
	ok(("default", "host") in [(n.cluster, n.namespace) for n in namespaces], "GetNamespaces",
		namespaces)
	code, text = error_of(stream("/observer.Observer/GetDebugEvents",
		observer.GetDebugEventsRequest(), observer.GetDebugEventsResponse))
	ok(code == grpc.StatusCode.UNIMPLEMENTED, "GetDebugEvents: UNIMPLEMENTED", (code, text))
	events = list(stream("/observer.Observer/GetAgentEvents", observer.GetAgentEventsRequest(),
		observer.GetAgentEventsResponse))
	ok(events[0].agent_event.type == flow.AGENT_STARTED and
		events[0].agent_event.agent_start.time.seconds > 0 and events[0].node_name,
		"GetAgentEvents: its start", events[:1])
	ok(len(list(stream("/observer.Observer/GetAgentEvents", observer.GetAgentEventsRequest(
		number=1, first=True), observer.GetAgentEventsResponse))) == 1, "number and first there")
	health()
	peers()
	agent()
	for module, version in ((reflection_v1_pb2, "v1"), (reflection_v1alpha_pb2, "v1alpha")):
		reflection(module, version)


def health():
	def check(service):
		try:
			return unary("/grpc.health.v1.Health/Check", health_pb2.HealthCheckRequest(
				service=service), health_pb2.HealthCheckResponse).status
		except grpc.RpcError as e:
			return e.code()

	for service in ("", "hubble.server.Observer", "observer.Observer"):
		ok(check(service) == 1, f'Health of "{service}" is SERVING', check(service))
	ok(check("nonsense") == grpc.StatusCode.NOT_FOUND, "of another: NOT_FOUND")
	watch = lambda service: next(stream("/grpc.health.v1.Health/Watch",
		health_pb2.HealthCheckRequest(service=service), health_pb2.HealthCheckResponse)).status
	ok(watch("") == 1 and watch("nonsense") == 3, "Watch: SERVING, SERVICE_UNKNOWN")


def peers():
	call = stream("/peer.Peer/Notify", peer_pb2.NotifyRequest(), peer_pb2.ChangeNotification)
	got = sorted((next(call), next(call)), key=lambda p: p.name != os.environ["NODE"])
	call.cancel()
	ok(got[0].name == os.environ["NODE"] and got[0].type == peer_pb2.PEER_ADDED and
		got[0].address == os.environ["ADDRESS"] and not got[0].HasField("tls"),
		"Notify: itself", got[0])
	ok(got[1].name == "far/node-2" and got[1].address == "10.9.9.9:4244", "and its peer", got[1])


def count_runs():
	"""BPF_ENABLE_STATS: the kernel counts the runs of programs while this is open."""
	libc = ctypes.CDLL(None, use_errno=True)
	number = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
	return libc.syscall(number, 32, ctypes.byref(ctypes.create_string_buffer(4)), 4)


def agent():
	status = unary("/pitot.v1.Agent/Status", pitot_pb2.StatusRequest(), pitot_pb2.StatusResponse)
	ok(status.history.max_bytes == 1 << 20 and status.history.flows > 0 and
		status.history.newest.seconds >= status.history.oldest.seconds > 0 and
		status.resident_bytes > 1 << 20 and status.cpu_ns > 0 and status.kernel_map_bytes > 1 << 20 and
		status.clients >= 1 and len(status.losses) > 5 and not [n for n in status.notices if "watching" in n],
		"Agent.Status", status)
	counting = count_runs()
	udp(22000, 20)
	status = unary("/pitot.v1.Agent/Status", pitot_pb2.StatusRequest(), pitot_pb2.StatusResponse)
	ran = {p.name: p for p in status.programs}
	ok(ran["flow_ingress"].id > 0 and sum(p.runs for p in status.programs) > 0 and
		sum(p.run_ns for p in status.programs) > 0, "what the programs cost, while it is counted", ran)
	os.close(counting)
	rows = unary("/pitot.v1.Agent/ListInterfaces", pitot_pb2.ListInterfacesRequest(),
		pitot_pb2.ListInterfacesResponse).interfaces
	veth = [r for r in rows if r.name == "va"]
	ok(len(veth) == 1 and veth[0].watched and veth[0].kind == "veth" and
		veth[0].how in ("tcx", "clsact"), "ListInterfaces", rows)
	rows = unary("/pitot.v1.Agent/ListEndpoints", pitot_pb2.ListEndpointsRequest(),
		pitot_pb2.ListEndpointsResponse).endpoints
	ok([r for r in rows if r.namespace == "host" and r.flows > 0 and r.last_seen.seconds > 0],
		"ListEndpoints", rows)


def reflection(module, version):
	service = f"grpc.reflection.{version}.ServerReflection"
	request = module.ServerReflectionRequest

	def ask(*requests):
		return list(the_channel.stream_stream(f"/{service}/ServerReflectionInfo",
			request_serializer=request.SerializeToString,
			response_deserializer=module.ServerReflectionResponse.FromString)(
				iter(requests), timeout=10))

	def names(response):
		return [descriptor_pb2.FileDescriptorProto.FromString(f).name
			for f in response.file_descriptor_response.file_descriptor_proto]

	listed, = ask(request(host="h", list_services=""))
	got = {s.name for s in listed.list_services_response.service}
	ok({"observer.Observer", "peer.Peer", "grpc.health.v1.Health", "pitot.v1.Agent", service} <= got and
		listed.valid_host == "h" and listed.original_request.host == "h",
		f"reflection {version}: services", got)
	found = ask(*(request(file_containing_symbol=s) for s in ("observer.Observer",
		"observer.Observer.GetFlows", "flow.Flow", "flow.FlowFilter.Experimental", "flow.Verdict",
		"flow.Flow.node_name", "pitot.v1.Agent.Status")))
	ok([names(f)[0].split("/")[-1] for f in found] == ["observer.proto"] * 2 + ["flow.proto"] * 4 +
		["pitot.proto"], f"reflection {version}: symbols", [names(f)[:1] for f in found])
	ok({n.split("/")[-1] for n in names(found[0])} >= {"flow.proto", "relay.proto", "timestamp.proto"},
		f"reflection {version}: with what the file needs", names(found[0]))
	by_name, missing, nothing = ask(request(file_by_filename=names(found[2])[0]),
		request(file_containing_symbol="flow.Nonsense"), request())
	ok(names(by_name)[0] == names(found[2])[0], f"reflection {version}: a file by its name")
	ok(missing.error_response.error_code == 5 and nothing.error_response.error_code == 3,
		f"reflection {version}: what is not there", (missing, nothing))
	extension, = ask(request(all_extension_numbers_of_type="flow.Flow"))
	ok(extension.all_extension_numbers_response.base_type_name == "flow.Flow",
		f"reflection {version}: no extensions")


def agent_event(kind, name):
	"""Waits for an event about an endpoint; by follow, so that it may be still to come."""
	call = stream("/observer.Observer/GetAgentEvents",
		observer.GetAgentEventsRequest(number=100, follow=True), observer.GetAgentEventsResponse, 20)
	try:
		for r in call:
			e = r.agent_event
			if e.type == flow.AgentEventType.Value(kind) and e.endpoint_update.pod_name == name:
				ok(e.endpoint_update.namespace == "host" and e.endpoint_update.id > 0,
					f"{kind} of {name}", r)
				call.cancel()
				return
	except grpc.RpcError as error:
		ok(False, f"{kind} of {name}", error)


def crowd():
	"""Many that connect, ask and vanish."""
	for i in range(100):
		on = channel(("grpc.x", i), ("grpc.use_local_subchannel_pool", 1))
		call = get_flows(timeout=10, on=on, follow=True, number=5)
		if i % 3 == 0:
			call.cancel()
		elif i % 3 == 1:
			on.close()
		else:
			next(call)
	ok(True, "a hundred came and went")


def wait_flow():
	"""Until the agent holds a flow of ours; for other commands to begin with."""
	udp(19999, 1)
	ok(wait(lambda: len(ports(get_flows(whitelist=[ours()]))) > 0, 15), "the agent sees the traffic")


globals()[sys.argv[3]](*sys.argv[4:])
sys.exit(failed)
