# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Certificates for tests, made by openssl(1) in folder $PKI.
#
#   pki_ca NAME                          a CA: NAME.crt, NAME.key
#   pki_leaf NAME CA FROM TO ALT-NAMES   signed by CA; FROM and TO as date(1) reads them

pki_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PKI/$1.key" \
		-out "$PKI/$1.crt" -days 2 -subj "/CN=$1" -addext keyUsage=keyCertSign 2>/dev/null
}

pki_date() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

pki_leaf() {
	local db=$PKI/$1.db
	mkdir -p "$db" && : >"$db/index" && openssl rand -hex 8 >"$db/serial" || return
	cat >"$db/conf" <<-END
		[ca]
		default_ca = d
		[d]
		database = $db/index
		serial = $db/serial
		new_certs_dir = $db
		default_md = sha256
		policy = p
		[p]
		commonName = supplied
		[e]
		subjectAltName = $5
	END
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PKI/$1.key" \
		-out "$db/csr" -subj "/CN=$1" 2>/dev/null &&
		openssl ca -batch -notext -config "$db/conf" -cert "$PKI/$2.crt" -keyfile "$PKI/$2.key" \
			-in "$db/csr" -out "$PKI/$1.crt" -startdate "$(pki_date "$3")" \
			-enddate "$(pki_date "$4")" -extensions e 2>/dev/null
}
