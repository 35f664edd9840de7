#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The DNS view: names with what came of them, failures first, who asks and how fast; commands with
# the resolver's own address; by client, resolver and type; drilling, filters, an export; and
# live, a resolver that never answers and one that does.
. "${0%/*}/lib.sh"

type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }
screen_start --view dns --input-file "$SHOP"
screen_shows "15 asked, 2 failed" 'the caption counts'
screen_is dns-name 'by name: failures first, what is behind them, the command to type'
screen_shows 'timeout 1' 'a timeout'
screen_shows 'dig @198.51.100.53 mail.example A' 'a command with the resolver that was asked'
screen_keys Down
screen_shows 'The name does not exist for this resolver' 'NXDOMAIN is explained'
screen_keys b
screen_shows 'by client' 'b: by client'
screen_is dns-client 'by client'
type_command 'metric failed'
screen_shows 'Sorted by failed' ':metric, what rows are ranked by'
type_command 'by resolver'
screen_shows 'RESOLVER' ':by resolver'
type_command 'by type'
screen_shows 'by type' ':by type'
type_command 'by name'
screen_keys g Enter
screen_shows 'dns.query == "mail.example"' 'Enter: its flows, by a filter'
screen_keys Escape
screen_shows 'by name' 'Escape: back'
screen_keys m
screen_shows 'Sorted by asked' 'm: ranked by something else'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

screen_start -s 250x70 --view dns --input-file "$SHOP"
screen_shows 'ASKED BY' 'a wide screen has them all'
screen_is dns-wide 'wide'
screen_end

screen_start --view dns --input-file "$SHOP" --protocol tcp
screen_shows 'No DNS messages among the flows that pass the filter' 'why it is empty'
screen_end

# ------------------------------------------------------------------------ live
[ "$(id -u)" = 0 ] || { skip 'live' 'needs root'; exit 0; }
ns_new a
ns_new b
veth a a0 10.61.9.1/24 b b0 10.61.9.2/24,10.61.9.3/24
bg_in b dnsmasq -k -u root --no-resolv --no-hosts --bind-interfaces --listen-address=10.61.9.2 \
	--pid-file="$TMP/dnsmasq.pid" --address=/db.shop.example/10.61.9.2 --conf-file=/dev/null
bg_in b socat -u UDP-RECV:53,bind=10.61.9.3 /dev/null
wait_for 5 eval "in_ns b ss -Hlnu | grep -q 10.61.9.3:53"
# flows are watched where the resolvers are
printf '#!/bin/sh\nexec nsenter --net=%q %q "$@"\n' "/run/netns/$(ns_name b)" "$PITOT" >"$TMP/pitot"
chmod 755 "$TMP/pitot"
PITOT=$TMP/pitot
screen_start -s 120x30 --no-agent --view dns --no-kubernetes --no-containers --no-resolve --ip 10.61.9.0/24
screen_wait 'No DNS' 20
in_ns a dig +tries=1 +time=1 @10.61.9.2 db.shop.example >/dev/null
in_ns a dig +tries=1 +time=1 @10.61.9.2 nope.example >/dev/null
for _ in 1 2; do in_ns a dig +tries=1 +time=1 @10.61.9.3 lost.example >/dev/null; done
screen_shows 'db.shop.example' 'a name that was asked'
screen_wait 'timeout 2' 12
screen_keys g
screen_shows 'dig @10.61.9.3 lost.example' 'the one that was never answered'
screen_end
is "$SCREEN_STATUS" 0 'it ends well, live'
