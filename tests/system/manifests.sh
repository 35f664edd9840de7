#!/bin/bash
# SPDX-License-Identifier: MIT
# The manifests in deploy/ are those that the manual shows, and ask for what is read.
. "${0%/*}/lib.sh"

cd "$ROOT" || exit 1
# shellcheck disable=SC2016 # sed's
is "$(sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./!p}' man/pitot-names.7)" \
	"$(grep -v '^#' deploy/kubernetes/clusterrole.yaml)" \
	'the ClusterRole of pitot-names(7) is deploy/kubernetes/clusterrole.yaml'

# "pods /api/v1/pods" of the table of what is asked for
is "$(sed -n 's/.*{"\([a-z]*\)", "\(\/api[^"]*\)"},.*/\1/p' flows/names/kube_url.c | sort)" \
	"$(sed -n 's/.*resources: \[\(.*\)\]/\1/p' deploy/kubernetes/clusterrole.yaml | tr -d ' ' | tr , '\n' | sort)" \
	'it names the kinds that are asked for, and no others'

# ------------------------------------------------------- what is applied, and by whom

K=deploy/kubernetes
check 'kubectl puts the manifests together' kubectl kustomize $K
kubectl kustomize $K >"$TMP/all.yaml"
kubectl patch --local -f "$TMP/all.yaml" --type merge -p '{}' -o json >"$TMP/all.json"
is "$(jq -s -r '[.[] | "\(.kind)/\(.metadata.name)"] | sort | join(" ")' "$TMP/all.json")" \
	'ClusterRole/pitot ClusterRoleBinding/pitot ConfigMap/hubble-relay-config DaemonSet/pitot Deployment/hubble-relay Namespace/pitot Service/hubble-relay Service/pitot-peer ServiceAccount/pitot' \
	'with these objects'

# typed KIND CMD...: what is written of that kind survives a program that knows its type
typed() {
	local kind=$1
	shift
	jq "select(.kind == \"$kind\")" "$TMP/all.json" >"$TMP/one.json"
	"$@" --local -f "$TMP/one.json" -o json >"$TMP/typed.json" 2>"$TMP/typed.err" ||
		cat "$TMP/typed.err" >&2
	is "$(python3 tests/system/tools/kept.py "$TMP/one.json" "$TMP/typed.json" 2>&1)" '' \
		"every field of the $kind is one that Kubernetes has"
}
typed DaemonSet kubectl set image agent=other
typed Deployment kubectl set image relay=other
typed ClusterRoleBinding kubectl set subject --serviceaccount=other:other

is "$(jq -r 'select(.kind == "ClusterRoleBinding") | "\(.roleRef.kind)/\(.roleRef.name) \(.subjects[0].namespace)/\(.subjects[0].name)"' "$TMP/all.json")" \
	'ClusterRole/pitot pitot/pitot' 'the account may what the ClusterRole says'
is "$(jq -r 'select(.kind == "Service") | .metadata.name as $n | .spec.selector["app.kubernetes.io/name"] as $s | .spec.ports[] | "\($n) \($s) \(.port) \(.targetPort)"' "$TMP/all.json" | sort)" \
	'hubble-relay hubble-relay 80 grpc
pitot-peer pitot 4244 grpc' 'Services lead to the ports by name'
is "$(jq -r 'select(.kind == "DaemonSet" or .kind == "Deployment") | .spec.template as $t | select(.spec.selector.matchLabels == $t.metadata.labels) | .kind' "$TMP/all.json" | sort | tr '\n' ' ')" \
	'DaemonSet Deployment ' 'selectors are the labels of the pods'
is "$(jq -r 'select(.kind == "ConfigMap") | .data["config.yaml"]' "$TMP/all.json" | sed -n 's/^peer-service: //p')" \
	'pitot-peer.pitot.svc.cluster.local:4244' 'the relay asks the Service of the agents'

jq -r 'select(.kind == "DaemonSet") | .spec.template.spec.containers[0].args[]' "$TMP/all.json" >"$TMP/args"
"$PITOT" agent --help >"$TMP/agent.help"
for flag in $(sed -n 's/^\(--[a-z-]*\).*/\1/p' "$TMP/args") --metrics-listen; do
	check "pitot agent knows $flag" grep -qe "$flag\b" "$TMP/agent.help"
done

# ------------------------------------------------------------------- certificates

mkdir "$TMP/certs"
check 'the certificates are made' bash -c "cd '$TMP/certs' && '$ROOT/$K/certificates' shop 30"
is "$(stat -c %a "$TMP/certs/secrets.yaml")" 600 'their keys are nobody else'\''s'
secret() { # NAME KEY
	awk -v name="$1" -v key="$2:" '/^  name:/ {n = $2} $1 == key && n == name {print $2}' "$TMP/certs/secrets.yaml" | base64 -d
}
for s in pitot-agent-certs hubble-relay-certs; do
	secret $s ca.crt >"$TMP/ca.crt"
	secret $s tls.crt >"$TMP/$s.crt"
	secret $s tls.key >"$TMP/$s.key"
done
check 'the agents'\'' certificate is good for a node and for the peer Service' bash -c "
	openssl verify -CAfile '$TMP/ca.crt' -purpose sslserver -verify_hostname node-1.shop.hubble-grpc.cilium.io '$TMP/pitot-agent-certs.crt' &&
	openssl verify -CAfile '$TMP/ca.crt' -purpose sslserver -verify_hostname hubble-peer.shop.hubble-grpc.cilium.io '$TMP/pitot-agent-certs.crt'"
check 'the relay'\''s is a client'\''s' openssl verify -CAfile "$TMP/ca.crt" -purpose sslclient "$TMP/hubble-relay-certs.crt"
check 'and no server'\''s' bash -c "! openssl verify -CAfile '$TMP/ca.crt' -purpose sslserver '$TMP/hubble-relay-certs.crt'"
is "$(openssl pkey -in "$TMP/pitot-agent-certs.key" -pubout)" "$(openssl x509 -in "$TMP/pitot-agent-certs.crt" -noout -pubkey)" \
	'the key is the certificate'\''s'
is "$(cd "$TMP/certs" && "$ROOT/$K/certificates" 'a b' 2>&1)" 'certificates: "a b" is no cluster'\''s name: a-z, 0-9, -' \
	'another name is refused'

# ------------------------------------------------------------------------ compose

check 'docker-compose takes the compose file' docker-compose -f deploy/container/compose.yaml config -q
for flag in $(sed -n 's/^ *command: \[agent, \(.*\)\]/\1/p' deploy/container/compose.yaml | tr , ' '); do
	check "pitot agent knows ${flag%%=*}" grep -qe "${flag%%=*}\b" "$TMP/agent.help"
done
is "$(sed -n 's/^ *cap_add: //p' deploy/container/compose.yaml)" \
	"$(sed -n 's/^ *add: //p' $K/agent.yaml)" 'with the rights that the DaemonSet has'
