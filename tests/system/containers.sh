#!/bin/bash
# SPDX-License-Identifier: MIT
# Podman's containers, in a pod, on a bridge, through a published port, with and without its
# API; control groups as systemd and the kubelet lay them out; a runtime's socket that misbehaves.
# timeout: 240
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"

R=$TMP/root # what pitot takes for /var, /run and /proc
CG=$(awk '$(NF-2) == "cgroup2" || / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
OWN=$CG/pitot-$$
V1=/sys/fs/cgroup/pids # there on hybrid machines
NAME='"\(.namespace)/\(.pod_name)"'
POD_UID=6f1f8c8e-0a1b-4c2d-9e3f-$(printf '%012d' $$)
POD_UID2=7a1f8c8e-0a1b-4c2d-9e3f-$(printf '%012d' $$)
POD_UID3=8b1f8c8e-0a1b-4c2d-9e3f-$(printf '%012d' $$)

# source_of PORT [EXPR]: the clients of that port, as the first event of each connection
# has them; EXPR on the end, "namespace/name" by default
source_of() {
	flows "select(.extensions.value.event == \"new\" and (.is_reply | not) and
		(.l4.TCP.destination_port == $1)) |
		.source | ${2:-$NAME}" | sort -u
}

# destination_of PORT [EXPR]: the servers, as the last event has them: Podman's monitor
# keeps a published port bound, and is not told from the server before it has accepted
destination_of() {
	flows "select(.extensions.value.event == \"end\" and .l4.TCP.destination_port == $1) |
		.destination | ${2:-$NAME}" | sort -u
}

# ------------------------------------------------------------------------ Podman

podman_settings() {
	mkdir -p "$R"/{var/lib/containers,run/podman,run/containers,var/log,etc} "$TMP/net"
	ln -s /proc "$R/proc"
	echo 'alice:x:1000:1000::/home/alice:/bin/sh' >"$R/etc/passwd"
	cat >"$TMP/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
		pids_limit = 0
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		[network]
		network_backend = "netavark"
	END
	cat >"$TMP/storage.conf" <<-END
		[storage]
		driver = "vfs"
		runroot = "$R/run/containers/storage"
		graphroot = "$R/var/lib/containers/storage"
	END
	export CONTAINERS_CONF=$TMP/containers.conf CONTAINERS_STORAGE_CONF=$TMP/storage.conf
}

# In namespace p: its bridge and its rules go away with it.
PODMAN=(timeout 60 podman --root "$R/var/lib/containers/storage" --tmpdir "$TMP/libpod"
	--runroot "$R/run/containers/storage" --storage-driver vfs --cgroup-manager cgroupfs
	--network-config-dir "$TMP/net")
pm() { in_ns p "${PODMAN[@]}" "$@" </dev/null; }

podman_remove() {
	pm pod rm -af -t 0
	pm rm -af -t 0
	pm network prune -f
	# groups that are left, those of the pods
	find "$CG/libpod_parent" /sys/fs/cgroup/*/libpod_parent -depth -mindepth 1 -type d \
		-exec rmdir {} \; 2>/dev/null
	rmdir "$CG/libpod_parent" /sys/fs/cgroup/*/libpod_parent 2>/dev/null
	umount "$R"/var/lib/containers/storage 2>/dev/null
	return 0
}

image() {
	local a

	mkdir -p "$TMP/image/bin" "$TMP/image/www"
	cp "$(command -v busybox)" "$TMP/image/bin/busybox"
	for a in sh sleep wget httpd; do ln -s busybox "$TMP/image/bin/$a"; done
	echo hello >"$TMP/image/www/index.html"
	tar -C "$TMP/image" -c . | in_ns p "${PODMAN[@]}" import - pitot-test:latest
}

# A pod with a shop in it and its port 18080; a client on the bridge.
containers() {
	pm pod create --name shop -p 18080:8080 --infra-image pitot-test \
		--infra-command "/bin/sleep 1000" &&
		pm run -d --pod shop --name cart --label app=cart \
			--label com.docker.compose.project=boutique \
			--label com.docker.compose.service=cart-service \
			pitot-test httpd -f -p 8080 -h /www &&
		pm run -d --name client --label app=buying --network podman pitot-test sleep 1000
}

# buy NAME: the client's request, through the published port
buy() { pm exec "$1" wget -q -O /dev/null http://10.88.0.1:18080/; }

# Gone when anybody could look.
blink() {
	pm run --rm --name "$1" --network podman pitot-test \
		wget -q -O /dev/null http://10.88.0.1:18080/
}

# Where nothing answers for the containers: Podman's own files.
podman_files() {
	pitot_start --ns p --names-root "$R" || return
	check "the client gets its page" buy client
	check "a container that lives some milliseconds gets it" blink blink1
	pm rename client buyer
	sleep 1.5
	check "the renamed one gets it" buy buyer
	sleep 0.5
	pitot_stop
	is "$(source_of 18080 | xargs)" "podman/blink1 podman/buyer podman/client" \
		"from Podman's files: the client, the short-lived and the renamed one"
	is "$(destination_of 18080)" podman/cart "from Podman's files: the server in the pod"
	is "$(source_of 18080 '.workloads[0] | "\(.kind) \(.name)"' | xargs)" \
		"Container blink1 Container buyer Container client" "the container is its workload"
	pm rename buyer client
}

# The same with Podman's API: labels, Compose, addresses.
podman_api() {
	bg_in p "${PODMAN[@]:2}" system service --time 0 "unix://$R/run/podman/podman.sock"
	wait_for 10 curl -sf --unix-socket "$R/run/podman/podman.sock" http://localhost/_ping
	pitot_start --ns p --names-root "$R" || return
	sleep 0.5
	check "the client gets its page" buy client
	check "a container that lives some milliseconds gets it" blink blink2
	pm rename client buyer
	sleep 0.5
	check "the renamed one gets it" buy buyer
	in_ns p ping -c 1 -W 2 "$(address_of shop)" >/dev/null
	sleep 0.5
	pitot_stop
	is "$(source_of 18080 | xargs)" "podman/blink2 podman/buyer podman/client" \
		"from the API: the client, the short-lived and the renamed one"
	is "$(destination_of 18080)" boutique/cart "the Compose project is the namespace"
	is "$(destination_of 18080 '.workloads[0] | "\(.kind) \(.name)"')" \
		"ComposeService cart-service" "the Compose service is the workload"
	is "$(source_of 18080 '"\(.pod_name) \(.labels | join(" "))"' | grep -v blink)" \
		"$(printf '%s container:app=buying container:name=%s\n' buyer buyer client client)" \
		"the runtime's labels"
	is "$(flows 'select(.l4.ICMPv4.type == 8) | .destination |
		"\(.namespace)/\(.pod_name)"' | sort -u)" "boutique/cart" \
		"by address, where no process is known"
	is "$(flows 'select(.destination.pod_name == "cart") | .destination.identity' |
		sort -u | wc -l)" 1 "one identity"
	in_ns p "$PITOT" status --names --names-root "$R" >"$TMP/status" 2>&1
	check "status: the socket and how fresh it is" \
		grep -E '^podman +ok .* [0-9]+m?s .*podman\.sock: fresh' "$TMP/status"
	check "status: as many containers as there are" grep -E '^containers +ok +3 ' "$TMP/status"
	stop_bg
	rm -f "$R/run/podman/podman.sock"
}

address_of() {
	pm inspect -f '{{.NetworkSettings.Networks.podman.IPAddress}}' \
		"$(pm pod inspect -f '{{.InfraContainerID}}' "$1")"
}

podman() {
	local p

	for p in podman runc netavark iptables busybox; do
		command -v $p >/dev/null || [ -x /usr/lib/podman/$p ] || {
			skip "containers of Podman" "no $p"
			return
		}
	done
	at_exit podman_remove
	if ! { image && containers; } >"$TMP/podman.err" 2>&1; then
		not_ok "Podman starts containers"
		return
	fi
	: >"$TMP/podman.err"
	podman_files
	podman_api
}

# ---------------------------------------------------------------- control groups

# below GROUP CMD...: runs CMD in namespace p, in that control group below our own
below() {
	local group=$OWN$1
	shift
	mkdir -p "$group"
	in_ns p bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

groups_remove() {
	find "$OWN" -depth -type d -exec rmdir {} \;
}

# ask GROUP: a connection to the server by a process in that group
ask() { below "$1" curl -s -o /dev/null --max-time 3 telnet://10.9.1.2:7100 </dev/null; }

# The same by one that is in a hierarchy of the first version alone, and stays a second.
ask_v1() {
	local group=$V1/pitot-$$$1

	mkdir -p "$group"
	in_ns p bash -c 'echo $$ >"$0/cgroup.procs" && exec 3<>/dev/tcp/10.9.1.2/7100 && sleep 1' \
		"$group"
	find "$V1/pitot-$$" -depth -type d -exec rmdir {} \;
}

sources() {
	source_of 7100 '"\(.namespace)/\(.pod_name) \(.workloads[0].kind) \(.labels | join(","))"'
}

control_groups() {
	local id id2 id3 pods=/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod

	[ -w "$CG/cgroup.procs" ] || {
		skip "control groups" "cgroup2 is not to be written to"
		return
	}
	at_exit groups_remove
	id=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
	id2=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
	id3=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
	mkdir -p "$R/var/log/containers" "$R/var/log/pods/shop_pay-7d9c_$POD_UID2"
	ln -s /nowhere "$R/var/log/containers/cart-58f6c-x1_shop_cart-$id.log"
	mkdir -p "$OWN/system.slice/old.service"
	bg_in s socat TCP-LISTEN:7100,fork,reuseaddr EXEC:true
	wait_for 5 listening s tcp 7100
	pitot_start --ns p --names-root "$R" || return
	ask /system.slice/old.service
	ask '/system.slice/system-echo.slice/echo@a\x2db.service'
	ask "$pods${POD_UID//-/_}.slice/cri-containerd-$id.scope"
	ask "/kubepods/burstable/pod$POD_UID2/$id2"
	ask "/kubepods/pod$POD_UID3/$id2"
	ask /user.slice/user-1000.slice/user@1000.service/app.slice/foo.service
	ask /user.slice/user-1000.slice/session-3.scope
	ask /lxc.payload.box/system.slice/nginx.service
	ask "/docker/$id2"
	[ ! -d "$V1" ] || ask_v1 "/docker/$id3"
	# gone as soon as it has sent
	ask /system.slice/brief.service
	rmdir "$OWN/system.slice/brief.service"
	in_ns p curl -s -o /dev/null --max-time 3 telnet://10.9.1.2:7100 </dev/null
	sleep 0.5
	pitot_stop
	is "$(sources)" "$(grep . <<-END | sort
		host/old.service Unit reserved:host
		host/echo@a\\x2db.service Unit reserved:host
		host/brief.service Unit reserved:host
		shop/cart-58f6c-x1 Pod k8s:io.kubernetes.pod.name=cart-58f6c-x1,k8s:io.kubernetes.pod.namespace=shop
		shop/pay-7d9c Pod k8s:io.kubernetes.pod.name=pay-7d9c,k8s:io.kubernetes.pod.namespace=shop
		host/foo.service Unit reserved:host,systemd:user=alice
		host/curl Process reserved:host
		host/curl Process reserved:host,systemd:session=3,systemd:user=alice
		lxc/box Container container:name=box
		docker/${id2:0:12} Container container:name=${id2:0:12}
		$([ ! -d "$V1" ] || echo "docker/${id3:0:12} Container container:name=${id3:0:12}")
		null/$POD_UID3 Pod k8s:io.kubernetes.pod.name=$POD_UID3
	END
	)" "every layout of control groups"
	is "$(destination_of 7100 '"\(.namespace)/\(.pod_name) \(.labels[0])"')" \
		"host/socat reserved:unmanaged" "a process in another network namespace"
}

# ------------------------------------------------------------- sockets that misbehave

bad_socket() { # KIND TEXT-OF-THE-NOTICE
	bg_in host python3 "$ROOT/tests/system/tools/bad_docker.py" "$1" "$TMP/bad.sock"
	wait_for 5 test -S "$TMP/bad.sock"
	pitot_start --ns p --names-root "$R" --container-socket "$TMP/bad.sock" || return
	in_ns p curl -s -o /dev/null --max-time 3 telnet://10.9.1.2:7100 </dev/null
	sleep "${3:-1.5}"
	grep VmHWM "/proc/${PITOT_PIDS[flows]}/status" >"$TMP/memory"
	pitot_stop
	is "$(grep -c "names of containers do not come from.*$2" "$TMP/flows.err")" 1 \
		"a runtime that $1: one notice"
	is "$(source_of 7100)" host/curl "and names go on"
	# a sanitizer keeps what is freed for a while
	check "in $(awk '{ print int($2 / 1024) }' "$TMP/memory") MiB" \
		test "$(awk '{ print $2 }' "$TMP/memory")" -lt 500000
	stop_bg
	rm -f "$TMP/bad.sock"
}

ns_new p
ns_new s
veth p p0 10.9.1.1/24 s s0 10.9.1.2/24
podman_settings
podman
control_groups
bad_socket babbles "not that of a container runtime"
bad_socket refuses "status 500"
bad_socket floods "too long" 6
bad_socket hangs "." 12
bad_socket guards "its events are refused with status 403" 6
