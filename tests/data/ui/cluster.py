#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lists of a small Kubernetes cluster, as its API server answers them.

cluster.py DIR [PODS]    writes DIR/list-KIND.json, for tests/system/tools/kube_server.py
    PODS: a file, "NAME NAMESPACE WORKLOAD KIND ADDRESS PORT" a line, in place of the pods below
"""
import json
import sys

# name, namespace, workload, kind, address, Service's port (0: none)
PODS = [
    ("front-7c9d8f5b6-x2lqp", "shop", "front", "Deployment", "10.42.0.10", 80),
    ("cart-6b4f9d7c5d-mm8kv", "shop", "cart", "Deployment", "10.42.0.11", 8080),
    ("orders-58d7c6b9f4-q9xt2", "shop", "orders", "Deployment", "10.42.0.12", 8080),
    ("redis-0", "data", "redis", "StatefulSet", "10.42.0.20", 6379),
    ("ledger-0", "data", "ledger", "StatefulSet", "10.42.0.21", 5432),
    ("probe-84c5b7f6d-4wz7n", "monitoring", "probe", "Deployment", "10.42.0.30", 8125),
    ("coredns-5d78c9869d-tt6hr", "kube-system", "coredns", "Deployment", "10.42.0.53", 53),
]

if len(sys.argv) > 2:
    with open(sys.argv[2]) as table:
        PODS = [(*row[:5], int(row[5])) for row in map(str.split, table) if row]


def meta(name, namespace=None, labels=None, owner=None):
    m = {"name": name, "uid": "uid-" + name, "resourceVersion": "7", "labels": labels or {},
         "creationTimestamp": "2026-01-05T08:00:00Z"}
    if namespace:
        m["namespace"] = namespace
    if owner:
        m["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1],
                                 "uid": "uid-" + owner[1], "controller": True}]
    return m


def pod(name, namespace, workload, kind, ip, _):
    owner = (kind, workload)
    if kind == "Deployment":
        owner = ("ReplicaSet", name.rsplit("-", 1)[0])
    return {"metadata": meta(name, namespace, {"app": workload}, owner),
            "spec": {"nodeName": "node-a", "containers": [{"name": workload, "image": "example/" + workload}]},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "10.42.0.1"}}


def replicaset(name, namespace, workload, *_):
    rs = name.rsplit("-", 1)[0]
    return {"metadata": meta(rs, namespace, {"app": workload}, ("Deployment", workload)),
            "spec": {}, "status": {}}


def service(i, p):
    return {"metadata": meta(p[2], p[1], {"app": p[2]}),
            "spec": {"clusterIP": f"10.43.0.{10 + i}", "clusterIPs": [f"10.43.0.{10 + i}"], "type": "ClusterIP",
                     "selector": {"app": p[2]}, "ports": [{"port": p[5], "protocol": "TCP", "targetPort": p[5]}]}}


def slice_of(p):
    return {"metadata": meta(p[2] + "-s1", p[1], {"kubernetes.io/service-name": p[2]}), "addressType": "IPv4",
            "ports": [{"port": p[5], "protocol": "TCP"}],
            "endpoints": [{"addresses": [p[4]], "nodeName": "node-a", "conditions": {"ready": True},
                           "targetRef": {"kind": "Pod", "name": p[0], "namespace": p[1]}}]}


def main():
    node = {"metadata": meta("node-a", labels={"kubernetes.io/hostname": "node-a"}),
            "spec": {}, "status": {"addresses": [{"type": "InternalIP", "address": "10.42.0.1"}]}}
    lists = {
        "pods": ("v1", "Pod", [pod(*p) for p in PODS]),
        "replicasets": ("apps/v1", "ReplicaSet", [replicaset(*p) for p in PODS if p[3] == "Deployment"]),
        "services": ("v1", "Service", [service(i, p) for i, p in enumerate(PODS)]),
        "endpointslices": ("discovery.k8s.io/v1", "EndpointSlice", [slice_of(p) for p in PODS]),
        "namespaces": ("v1", "Namespace", [{"metadata": meta(n), "spec": {}, "status": {"phase": "Active"}}
                                           for n in sorted({p[1] for p in PODS})]),
        "nodes": ("v1", "Node", [node]),
    }
    for kind, (version, name, items) in lists.items():
        with open(f"{sys.argv[1]}/list-{kind}.json", "w") as f:
            json.dump({"kind": name + "List", "apiVersion": version,
                       "metadata": {"resourceVersion": "9"}, "items": items}, f)


main()
