#!/bin/bash
# SPDX-License-Identifier: MIT
# Places from real databases, compared with what mmdblookup says of each address, and in
# flows; what a database is replaced by, or broken by, while pitot runs.
# timeout: 240
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

DBS=$ROOT/build/places TOOL=$ROOT/$BUILD/tests/system/places_tool
command -v npm >/dev/null || skip_all 'no npm to fetch databases with'
command -v mmdblookup >/dev/null || skip_all 'no mmdblookup (mmdb-bin)'

# fetch PACKAGE: its files into $DBS/PACKAGE, once
fetch() {
	local to=$DBS/${1##*/}

	[ ! -e "$to/package.json" ] || return 0
	mkdir -p "$TMP/npm" "$DBS" && (cd "$TMP/npm" && timeout 60 npm pack --silent "$1" >/dev/null) &&
		mkdir -p "$to.new" && tar xzf "$TMP"/npm/*.tgz -C "$to.new" --strip 1 &&
		rm -rf "$TMP/npm" "$to" && mv "$to.new" "$to"
}

# Numbered, spread over the world, the same in each run.
addresses() {
	awk 'BEGIN {
		srand(7)
		split("1 5 8 20 31 45 62 78 91 130 151 185 193 212", first, " ")
		for (i = 0; i < 150; i++)
			printf "%d.%d.%d.%d\n", first[int(rand() * 14) + 1], rand() * 256, rand() * 256, rand() * 256
		for (i = 0; i < 50; i++)
			printf "2a%02x:%x::%x\n", rand() * 16, 4096 + rand() * 60000, 1 + i
	}'
}

# said_by DATABASE PATH...: mmdblookup's value for each address, "" where there is none
said_by() {
	local db=$1 a
	shift
	while read -r a; do
		mmdblookup --file "$db" --ip "$a" "$@" 2>/dev/null |
			sed -n 's/^ *"\(.*\)" <utf8_string>$/\1/p;s/^ *\([0-9]*\) <uint32>$/\1/p' | grep . || echo
	done <"$TMP/addresses"
}

# same DESC COLUMN WANT DATABASE...: what pitot's part says in that column, line for line
same() {
	local desc=$1 column=$2 want=$3 differ

	"$TOOL" "${@:4}" <"$TMP/addresses" 2>&1 | cut -f "$column" >"$TMP/got"
	differ=$(diff "$TMP/got" "$want" | grep -c '^[<>]')
	is "$differ" 0 "$desc"
	check "$desc: more than 20 are known" [ "$(grep -c . "$want")" -gt 20 ]
}

addresses >"$TMP/addresses"

WHOIS=$DBS/geo-whois-asn-country-mmdb
if fetch @ip-location-db/geo-whois-asn-country-mmdb; then
	said_by "$WHOIS/geo-whois-asn-country.mmdb" country_code >"$TMP/whois"
	same 'flat: countries' 2 "$TMP/whois" "$WHOIS/geo-whois-asn-country.mmdb"
	same 'IPv4 and IPv6 in a file each' 2 "$TMP/whois" "$WHOIS/geo-whois-asn-country-ipv4.mmdb" \
		"$WHOIS/geo-whois-asn-country-ipv6.mmdb"
else
	skip_all 'the databases cannot be fetched'
fi

if fetch geoip-database; then
	MAXMIND=$DBS/geoip-database
	said_by "$MAXMIND/GeoLite2-City.mmdb" country iso_code >"$TMP/country"
	said_by "$MAXMIND/GeoLite2-City.mmdb" city names en >"$TMP/city"
	same "MaxMind's: countries" 2 "$TMP/country" "$MAXMIND/GeoLite2-City.mmdb"
	same "MaxMind's: cities" 3 "$TMP/city" "$MAXMIND/GeoLite2-City.mmdb"
else
	skip "MaxMind's layout" 'the database cannot be fetched'
fi

# ------------------------------------------------------------------- in flows

[ "$(id -u)" = 0 ] || { skip 'places in flows' 'needs root'; exit 0; }

ns_new c
ns_new w
veth c c0 10.8.9.1/24 w w0 10.8.9.2/24
in_ns c ip route add default via 10.8.9.2
in_ns w ip route add blackhole 0.0.0.0/1

country_of() {
	flows "select(.IP.destination == \"$1\") | .extensions.value.destination.country // \"none\"" |
		tail -1
}

db=$TMP/country.mmdb
cp "$WHOIS/geo-whois-asn-country-ipv4.mmdb" "$db"
observe c --no-kubernetes --no-containers --no-resolve --geoip-db "$db"
net c udp-send 1.1.1.1 7000 1
net c udp-send 10.8.9.2 7000 1
sleep 0.5
: >"$db" # a mapped file would be gone now
net c udp-send 8.8.8.8 7000 1
wait_for 20 grep -q '^pitot: places: cannot use .*it is empty; the one of before stays' "$TMP/flows.err"
net c udp-send 91.198.174.192 7000 1
sleep 0.5
observed
is "$(country_of 1.1.1.1) $(country_of 10.8.9.2)" 'AU none' 'a world address has its country'
is "$(country_of 8.8.8.8) $(country_of 91.198.174.192)" 'US NL' 'also when the file was emptied under it'
is "$(grep -c '^pitot: places' "$TMP/flows.err")" 1 'of which one line tells'

echo 'no database' >"$db"
observe c --no-kubernetes --no-containers --no-resolve --geoip-db "$db"
net c udp-send 1.1.1.1 7000 1
cp "$WHOIS/geo-whois-asn-country-ipv4.mmdb" "$db.new"
mv "$db.new" "$db"
sleep 13
net c udp-send 1.1.1.1 7001 1
sleep 0.5
observed
is "$(flows 'select(.extensions.value.event == "new" and .IP.destination == "1.1.1.1") |
	[.l4.UDP.destination_port, .extensions.value.destination.country]' | sort -u | paste -sd' ')" \
	'[7000,null] [7001,"AU"]' 'a file that takes the place of a broken one is read'

"$PITOT" status --names --no-kubernetes --no-containers --no-resolve --geoip-db "$db" -o json >"$TMP/status"
is "$? $(jq -r 'select(.what == "places country.mmdb") | .status, (.state | split(" ")[0:2] | join(" "))' \
	"$TMP/status" | paste -sd' ')" '0 ok country ipv4' 'status tells the type of the database'
"$PITOT" status --names --no-kubernetes --no-containers --no-resolve --geoip-db /nothing >"$TMP/status" 2>&1
is $? 1 'status ends with 1 for a database that is not there'
