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
