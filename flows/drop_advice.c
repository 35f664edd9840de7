// SPDX-License-Identifier: MIT
#include "flows/drop_advice.h"

#include <ctype.h>
#include <string.h>

#include "flows/capture/reasons.h"
#include "flows/drop_advice_table.h"
#include "flows/summary.h"

#define NAME_MAX_SHOWN 128

/* What a part of a row's check begins with where it is a command. */
static const char *const tools[] = {
	"ausearch",   "bpftool", "bridge", "cat",    "cilium",	"cilium-dbg",	 "conntrack",
	"dmesg",      "ethtool", "free",   "hubble", "ip",	"iptables-save", "iw",
	"journalctl", "kubectl", "lsmod",  "nft",    "nstat",	"ovs-appctl",	 "ovs-ofctl",
	"pitot",      "ss",	 "sysctl", "tc",     "tcpdump", "tracepath",	 "wg",
};

/* ------------------------------------------------------------------- the row */

/* One '*' at the end, or one within; NULL is any, "" is none. */
static bool fits(const char *pattern, const char *s)
{
	const char *star = pattern ? strchr(pattern, '*') : NULL;
	size_t n = strlen(s), head, tail;

	if (!pattern)
		return true;
	if (!star)
		return !strcmp(pattern, s);
	head = star - pattern;
	if (strncmp(pattern, s, head))
		return false;
	star++;
	tail = strlen(star);
	if (tail && star[tail - 1] == '*') { /* "RX_DROP_U_*MIC*": somewhere behind the head */
		char middle[32];

		if (tail > sizeof(middle))
			return false;
		memcpy(middle, star, tail - 1);
		middle[tail - 1] = '\0';
		return strstr(s + head, middle) != NULL;
	}
	return n >= head + tail && !strcmp(s + n - tail, star);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const struct drop_family *family(const struct drop_case *c)
{
	const char *reason = or_empty(c->reason), *function = or_empty(c->function);

	for (const struct drop_family *f = drop_families; f->text; f++)
		if (fits(f->reason, reason) && (!f->function || fits(f->function, function)))
			return f;
	return NULL;
}

/* A row of the kernel's table that says no more than that there is no reason. */
static bool is_vague(const struct drop_reason *row)
{
	return !row->function &&
	       (!strcmp(row->name, "NOT_SPECIFIED") || !strcmp(row->name, "NO_REASON"));
}

/* The texts of whichever table knows best; *ret_normal: part of normal life. False: nobody knows. */
static bool find(const struct drop_case *c, const char **ret_text, const char **ret_check,
		 bool *ret_normal)
{
	const struct drop_reason *row = drop_reason_find(or_empty(c->reason), c->function);
	const struct drop_family *f = !row || is_vague(row) ? family(c) : NULL;

	if (!row && !f)
		return false;
	*ret_text = f ? f->text : row->text;
	*ret_check = f ? f->check : row->check;
	*ret_normal = f ? !strcmp(f->check, "nothing") : row->normal;
	return true;
}

/* ------------------------------------------------------------------ sentences */

static void sentence(struct text *t, const char *s)
{
	size_t from = t->len;

	text_escape(t, s, 512);
	if (t->len == from)
		return;
	t->data[from] = toupper((unsigned char)t->data[from]);
	if (t->data[t->len - 1] != '.')
		text_char(t, '.');
}

static void unknown(struct text *t, const struct drop_case *c)
{
	text_str(t, "The kernel calls it ");
	text_escape(t, c->reason && *c->reason ? c->reason : "nothing", NAME_MAX_SHOWN);
	if (c->function && *c->function) {
		text_str(t, " and dropped it in ");
		text_escape(t, c->function, NAME_MAX_SHOWN);
		text_str(t, "()");
	}
	text_str(t, "; pitot does not know more of it.");
}

void drop_meaning(struct text *t, const struct drop_case *c)
{
	const char *text, *check;
	bool normal;

	if (find(c, &text, &check, &normal))
		sentence(t, text);
	else if (c->example && c->example->event == FLOW_DROP && c->example->drop.text &&
		 *c->example->drop.text)
		sentence(t, c->example->drop.text);
	else
		unknown(t, c);
}

const char *drop_cause(const struct drop_case *c)
{
	const char *reason = or_empty(c->reason), *function = or_empty(c->function);

	for (const struct drop_usual *u = drop_usuals; u->cause; u++)
		if (fits(u->reason, reason) && (!u->function || fits(u->function, function)))
			return u->cause;
	return NULL;
}

/* ------------------------------------------------------------------- commands */

static bool is_command(const char *s, size_t n)
{
	size_t word = 0;

	while (word < n && s[word] != ' ' && s[word] != ':')
		word++;
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strlen(tools[i]) == word && !memcmp(tools[i], s, word))
			return true;
	return false;
}

static bool put_device(struct text *t, const struct flow *f)
{
	struct text name = {0};

	if (!*f->ifname)
		return false;
	text_escape(&name, f->ifname, sizeof(f->ifname));
	if (!name.err)
		text_shell_word(t, name.data, name.len);
	text_free(&name);
	return true;
}

static bool put_address(struct text *t, const struct flow *f, const struct flow_end *e)
{
	if (!f->ip_version || !flow_has_addr(f, e))
		return false;
	text_addr(t, &e->addr);
	return true;
}

/* What a word in capitals stands for in this flow. False: it stays. */
static bool put_value(struct text *t, const char *word, size_t n, const struct flow *f)
{
	if (!f)
		return false;
	if (n == 7 && !memcmp(word, "ADDRESS", n))
		return put_address(t, f, &f->dst);
	if (n == 6 && !memcmp(word, "SOURCE", n))
		return put_address(t, f, &f->src);
	if (n == 6 && !memcmp(word, "DEVICE", n))
		return put_device(t, f);
	return false;
}

static void put_filled(struct text *t, const char *s, size_t n, const struct flow *f)
{
	for (size_t i = 0; i < n;) {
		size_t word = 0;

		while (i + word < n && isupper((unsigned char)s[i + word]))
			word++;
		if (word && !put_value(t, s + i, word, f))
			text_mem(t, s + i, word);
		i += word;
		if (!word)
			text_char(t, s[i++]);
	}
}

static void keep(char *to, size_t size, struct text *t)
{
	size_t n = t->err || !t->len ? 0 : t->len;

	if (n >= size)
		n = 0; /* half a command is worse than none */
	if (n)
		memcpy(to, t->data, n);
	to[n] = '\0';
	t->len = 0;
}

/* "ss -ltn: Recv-Q against Send-Q" is a command and its note, "a routing loop" a note. */
static bool step(const char *s, size_t n, const struct flow *f, struct drop_step *ret)
{
	const char *colon = memmem(s, n, ": ", 2);
	struct text t = {0};

	*ret = (struct drop_step){0};
	if (is_command(s, n)) {
		put_filled(&t, s, colon ? (size_t)(colon - s) : n, f);
		keep(ret->command, sizeof(ret->command), &t);
		if (colon)
			text_mem(&t, colon + 2, s + n - colon - 2);
	} else {
		text_mem(&t, s, n);
	}
	keep(ret->note, sizeof(ret->note), &t);
	text_free(&t);
	return *ret->command || *ret->note;
}

static size_t split(const char *check, const struct flow *f, struct drop_step *ret)
{
	size_t n = 0;

	while (*check && n < DROP_STEPS_MAX) {
		const char *end = strchr(check, ';');
		size_t len = end ? (size_t)(end - check) : strlen(check);

		if (len != 7 || memcmp(check, "nothing", 7))
			n += step(check, len, f, &ret[n]);
		check += len;
		while (*check == ';' || *check == ' ')
			check++;
	}
	return n;
}

size_t drop_steps(const struct drop_case *c, struct drop_step *ret)
{
	static const char *const last =
		"pitot observe --drop-stack --verdict DROPPED: how the kernel came there";
	const char *text, *check;
	bool normal;

	if (!find(c, &text, &check, &normal))
		check = last;
	return split(check, c->example, ret);
}
