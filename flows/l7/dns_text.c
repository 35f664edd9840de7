// SPDX-License-Identifier: MIT
/* What DNS's numbers are called, and names compared and folded. */
#include <string.h>

#include "flows/l7/dns.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What answers' codes are called: RFC 1035, 2136, 6895, and the words that Hubble's client has. */
struct rcode {
	const char *mnemonic, *words;
};

static const struct rcode *rcode_of(unsigned int rcode)
{
	static const struct rcode rcodes[] = {
		[0] = {"NOERROR", "No Error"},
		[1] = {"FORMERR", "Format Error"},
		[2] = {"SERVFAIL", "Server Failure "}, /* so it is spelled there */
		[3] = {"NXDOMAIN", "Non-Existent Domain"},
		[4] = {"NOTIMP", "Not Implemented"},
		[5] = {"REFUSED", "Query Refused"},
		[6] = {"YXDOMAIN", "Name Exists when it should not"},
		[7] = {"YXRRSET", "RR Set Exists when it should not"},
		[8] = {"NXRRSET", "RR Set that should exist does not"},
		[9] = {"NOTAUTH", "Server Not Authoritative for zone"},
		[10] = {"NOTZONE", "Name not contained in zone"},
		[16] = {"BADVERS", "Bad OPT Version"},
		[17] = {"BADKEY", "Key not recognized"},
		[18] = {"BADTIME", "Signature out of time window"},
		[19] = {"BADMODE", "Bad TKEY Mode"},
		[20] = {"BADNAME", "Duplicate key name"},
		[21] = {"BADALG", "Algorithm not supported"},
		[22] = {"BADTRUNC", "Bad Truncation"},
		[23] = {"BADCOOKIE", "Bad/missing Server Cookie"},
	};
	static const struct rcode none;

	return rcode < COUNT(rcodes) ? &rcodes[rcode] : &none;
}

const char *dns_rcode_name(unsigned int rcode)
{
	return rcode_of(rcode)->words;
}

const char *dns_rcode_mnemonic(unsigned int rcode)
{
	return rcode_of(rcode)->mnemonic;
}

static const char *type_name(uint16_t type)
{
	static const char *const low[] = {
		[1] = "A",	 [2] = "NS",	      [3] = "MD",	[4] = "MF",
		[5] = "CNAME",	 [6] = "SOA",	      [7] = "MB",	[8] = "MG",
		[9] = "MR",	 [10] = "NULL",	      [11] = "WKS",	[12] = "PTR",
		[13] = "HINFO",	 [14] = "MINFO",      [15] = "MX",	[16] = "TXT",
		[17] = "RP",	 [18] = "AFSDB",      [24] = "SIG",	[25] = "KEY",
		[28] = "AAAA",	 [29] = "LOC",	      [33] = "SRV",	[35] = "NAPTR",
		[36] = "KX",	 [37] = "CERT",	      [39] = "DNAME",	[41] = "OPT",
		[42] = "APL",	 [43] = "DS",	      [44] = "SSHFP",	[45] = "IPSECKEY",
		[46] = "RRSIG",	 [47] = "NSEC",	      [48] = "DNSKEY",	[49] = "DHCID",
		[50] = "NSEC3",	 [51] = "NSEC3PARAM", [52] = "TLSA",	[53] = "SMIMEA",
		[55] = "HIP",	 [59] = "CDS",	      [60] = "CDNSKEY", [61] = "OPENPGPKEY",
		[62] = "CSYNC",	 [63] = "ZONEMD",     [64] = "SVCB",	[65] = "HTTPS",
		[99] = "SPF",	 [108] = "EUI48",     [109] = "EUI64",	[249] = "TKEY",
		[250] = "TSIG",	 [251] = "IXFR",      [252] = "AXFR",	[253] = "MAILB",
		[254] = "MAILA", [255] = "ANY",	      [256] = "URI",	[257] = "CAA",
	};

	return type < COUNT(low) ? low[type] : NULL;
}

const char *dns_type_text(uint16_t type, char *buf)
{
	const char *name = type_name(type);
	size_t n = 4;
	uint32_t scale = 1;

	if (name)
		return name;
	memcpy(buf, "TYPE", 4);
	while (type / scale >= 10)
		scale *= 10;
	for (; scale; scale /= 10)
		buf[n++] = '0' + type / scale % 10;
	buf[n] = 0;
	return buf;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool dns_same_name(const char *a, const char *b)
{
	if (a == b)
		return true;
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *dns_fold(const char *name, char *buf)
{
	size_t n = strnlen(name, DNS_NAME_TEXT - 1);

	for (size_t i = 0; i < n; i++)
		buf[i] = lower(name[i]);
	/* a dot of a label's own has its backslash, and the real one comes after it */
	if (n && buf[n - 1] == '.')
		n--;
	buf[n] = 0;
	return buf;
}
