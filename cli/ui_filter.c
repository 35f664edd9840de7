// SPDX-License-Identifier: MIT
/* The filter bar's text -> flags and expression, with the place of what is wrong. */
#include "cli/ui_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/fields.h"

#define WORDS_MAX 2048
#define BLANKS " \t\n\r"

/* -------------------------------------------------------------------- parsing */

struct parse {
	const char *text;
	struct ui_filter_flags flags;
	struct ui_filter_error *error;
	struct text where; /* expressions of --where, each in brackets, joined */
	unsigned int n_where;
};

static size_t characters(const char *s, size_t n)
{
	size_t count = 0;
	uint32_t c;

	for (size_t at = 0, len; at < n; at += len ? len : 1, count++)
		len = utf8_next(s + at, n - at, &c);
	return count;
}

/* start, end: bytes of the text. Returns -EINVAL. */
static int refuse(struct parse *p, size_t start, size_t end, const char *message)
{
	struct text t = {0};
	size_t n, max = sizeof(p->error->message) - 1;

	text_escape(&t, message, strlen(message) + 1);
	n = t.len < max ? t.len : max;
	while (n && n < t.len && (t.data[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(p->error->message, t.data, n);
	p->error->message[n] = '\0';
	text_free(&t);
	p->error->column = characters(p->text, start);
	p->error->length = characters(p->text + start, end - start);
	return -EINVAL;
}

/* An option with what stands before (--not) and behind it (its value): words from..to. */
struct group {
	struct ui_word *words;
	size_t n;
};

static void group_free(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->words[i].value);
	free(g->words);
	*g = (struct group){0};
}

static int group_add(struct group *g, const struct ui_word *w)
{
	struct ui_word *words = reallocarray(g->words, g->n + 1, sizeof(*words));

	if (!words) {
		free(w->value);
		return -ENOMEM;
	}
	g->words = words;
	g->words[g->n++] = *w;
	return 0;
}

/* Is it --not, which belongs to what follows? */
static bool is_not(const char *word)
{
	return !strcmp(word, "--not");
}

/* Reads the words of one option from *at on; n 0: what stands there is none. */
static int group_read(const char *text, size_t *at, struct group *g)
{
	bool more = true, value = false;
	struct ui_word w;
	int err = 0;

	while (!err && more && ui_word_next(text, *at, &w, &err)) {
		if (!value && (text[w.start] != '-' || !w.value[1])) {
			free(w.value);
			break;
		}
		more = !value && (is_not(w.value) || ui_option_wants_value(w.value));
		value = more && !is_not(w.value);
		*at = w.end;
		err = group_add(g, &w);
	}
	return err;
}

/* The word that a message of options_parse() is about. */
static int refuse_group(struct parse *p, const struct group *g, const char *message)
{
	const struct ui_word *first = &g->words[0], *last = &g->words[g->n - 1];
	size_t n = strlen(message), missing = strlen(" needs a value");
	bool value = g->n > 1 && last->value[0] != '-' && !strncmp(message, "--", 2);

	/* it is missing where the cursor is */
	if (n > missing && !strcmp(message + n - missing, " needs a value"))
		return refuse(p, strlen(p->text), strlen(p->text), message);
	if (value || !strncmp(message, "unknown", 7) || !is_not(first->value))
		first = value || is_not(first->value) ? last : first;
	return refuse(p, first->start, last->end, message);
}

static int add_where(struct parse *p, const struct group *g)
{
	const char *expression = p->flags.where;
	struct where_error e;
	struct where *w;
	int err;

	p->flags.where = NULL;
	err = where_parse(expression, &w, &e);
	if (err)
		return err == -EINVAL ? refuse_group(p, g, e.message) : err;
	where_free(w);
	if (p->where.len)
		text_str(&p->where, " && ");
	text_char(&p->where, '(');
	text_str(&p->where, expression);
	text_char(&p->where, ')');
	p->n_where++;
	return p->where.err;
}

static int apply_group(struct parse *p, const struct group *g)
{
	char *argv[8], *args[8], err[320];
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < g->n; i++)
		if (g->words[i].open)
			return refuse(p, g->words[i].start, g->words[i].end,
				      "the quote has no end");
	/* "--not --not": it is refused by its second */
	for (size_t i = 0; i < g->n && n < 7; i++)
		argv[n++] = g->words[i].value;
	argv[n] = NULL;
	ret = options_parse(ui_filter_rows, &p->flags, argv, args, err, sizeof(err));
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0)
		return refuse_group(p, g, err);
	return p->flags.where ? add_where(p, g) : 0;
}

/* A pasted command line: what stands before its options. */
static size_t skip_command(const char *text)
{
	size_t at = strspn(text, BLANKS);
	static const char *const words[] = {"sudo", "pitot", "observe"};

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(text + at, words[i], n) && strchr(BLANKS, text[at + n]))
			at += n + strspn(text + at + n, BLANKS);
		else if (i)
			return i == 1 ? strspn(text, BLANKS) : at;
	}
	return at;
}

/* All options; *ret_at: where the expression begins. */
static int parse_flags(struct parse *p, size_t *ret_start, size_t *ret_at)
{
	size_t at = skip_command(p->text), groups = 0;
	struct ui_word w;
	int err = 0;

	*ret_start = at;
	for (bool any = true; any && !err;) {
		struct group g = {0};
		size_t next = at;

		if (ui_word_next(p->text, at, &w, &err)) {
			bool end = !strcmp(w.value, "--");

			free(w.value);
			if (end) {
				*ret_at = w.end;
				return 0;
			}
		}
		if (!err)
			err = group_read(p->text, &next, &g);
		any = g.n;
		if (any && !err && ++groups > WORDS_MAX)
			err = refuse(p, g.words[0].start, g.words[0].end, "too many flags");
		else if (any && !err)
			err = apply_group(p, &g);
		group_free(&g);
		at = next;
	}
	*ret_at = at;
	return err;
}

/* The trimmed part of the text. */
static char *part(const char *text, size_t from, size_t to)
{
	from += strspn(text + from, BLANKS);
	while (to > from && strchr(BLANKS, text[to - 1]))
		to--;
	return strndup(text + from, to > from ? to - from : 0);
}

/* --where's expressions and the one at the end as one; one alone loses its brackets. */
static int join_where(struct parse *p, struct ui_filter *f)
{
	char *rest = f->expression;

	if (*rest) {
		text_str(&p->where, " && (");
		text_str(&p->where, rest);
		text_char(&p->where, ')');
	} else if (p->n_where == 1 && !p->where.err) {
		memmove(p->where.data, p->where.data + 1, p->where.len - 1);
		p->where.len -= 2;
	}
	text_char(&p->where, '\0');
	if (p->where.err)
		return -ENOMEM;
	f->expression = p->where.data;
	p->where = (struct text){0};
	free(rest);
	return 0;
}

/* The expression begins at `at`. */
static void refuse_expression(struct parse *p, size_t at, const struct where_error *e)
{
	size_t flag = ui_filter_flag_behind(p->text, at),
	       column = characters(p->text, at) + e->column;

	if (p->text[flag] && column >= characters(p->text, flag)) {
		refuse(p, flag, flag + strcspn(p->text + flag, BLANKS),
		       "flags stand before the expression");
		return;
	}
	refuse(p, 0, 0, e->message);
	p->error->column = column;
	p->error->length = e->length;
}

static int parse_expression(struct parse *p, size_t at, struct ui_filter *f)
{
	struct where_error e;
	struct where *rest = NULL;
	int err = 0;

	f->expression = part(p->text, at, strlen(p->text));
	if (!f->expression)
		return -ENOMEM;
	if (*f->expression)
		err = where_parse(f->expression, &rest, &e);
	if (err == -EINVAL)
		refuse_expression(p, at + strspn(p->text + at, BLANKS), &e);
	if (err)
		return err;
	f->where = rest;
	if (!p->n_where)
		return 0;
	where_free(rest);
	f->where = NULL;
	err = join_where(p, f);
	if (!err)
		err = where_parse(f->expression, &f->where, &e);
	/* each part is right: together they are too long */
	return err == -EINVAL ? refuse(p, 0, strlen(p->text), e.message) : err;
}

/* The next word of the flags, which end before `end`; false: no more. */
static bool flag_word(const char *text, size_t at, size_t end, struct ui_word *w, int *err)
{
	if (*err || at >= end || !ui_word_next(text, at, w, err))
		return false;
	if (w->start < end && strcmp(w->value, "--"))
		return true;
	free(w->value);
	return false;
}

/* The flags again, without --where and a command's words: what a further filter is added to. */
static char *flags_text(const char *text, size_t at, size_t end)
{
	bool value = false, where = false;
	struct text t = {0};
	struct ui_word w;
	int err = 0;

	for (; flag_word(text, at, end, &w, &err); at = w.end) {
		const struct opt *o = value ? NULL : ui_option_row(w.value);

		if (!value)
			where = o && !strcmp(o->name, "where");
		value = !value && ui_option_wants_value(w.value);
		free(w.value);
		if (where)
			continue;
		if (t.len)
			text_char(&t, ' ');
		text_mem(&t, text + w.start, w.end - w.start);
	}
	text_char(&t, '\0');
	if (err || t.err)
		text_free(&t);
	return t.data;
}

static int check_flags(struct parse *p, size_t start, size_t end)
{
	char err[256];
	int ret = filter_check(&p->flags.filter, err, sizeof(err));

	return ret == -EINVAL ? refuse(p, start, end, err) : ret;
}

/* As it was typed; what was pasted as a command line, without what the bar does not need. */
static char *shown_text(const struct parse *p, size_t start, const struct ui_filter *f)
{
	struct text t = {0};

	if (!p->n_where)
		return part(p->text, start, strlen(p->text));
	text_str(&t, f->flags);
	if (*f->flags && *f->expression)
		text_char(&t, ' ');
	text_str(&t, f->expression);
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	return t.data;
}

static int fill(struct parse *p, struct ui_filter *f)
{
	size_t start = 0, at = 0;
	int err = parse_flags(p, &start, &at);

	if (!err)
		err = check_flags(p, start, at);
	if (!err)
		err = parse_expression(p, at, f);
	if (err)
		return err;
	f->flags = flags_text(p->text, start, at);
	f->text = f->flags ? shown_text(p, start, f) : NULL;
	return f->text ? 0 : -ENOMEM;
}

static int parse(const char *text, struct ui_filter **ret, struct ui_filter_error *ret_error)
{
	struct parse p = {.text = text, .error = ret_error};
	struct ui_filter *f = calloc(1, sizeof(*f));
	int err = f ? 0 : -ENOMEM;

	*ret_error = (struct ui_filter_error){0};
	if (!err)
		err = fill(&p, f);
	text_free(&p.where);
	if (err) {
		filter_clear(&p.flags.filter);
		ui_filter_free(f);
		return err;
	}
	f->filter = p.flags.filter;
	*ret = f;
	return 0;
}

bool ui_filter_is_right(const char *text)
{
	struct ui_filter_error e;
	struct ui_filter *f;

	if (parse(text, &f, &e))
		return false;
	ui_filter_free(f);
	return true;
}

static void find_meaning(const char *text, struct ui_filter_error *e)
{
	char *meant = ui_filter_guess(text + skip_command(text));

	if (meant && strlen(meant) < sizeof(e->meant))
		memcpy(e->meant, meant, strlen(meant) + 1);
	free(meant);
}

int ui_filter_parse(const struct ui_filter_context *ctx, const char *text, struct ui_filter **ret,
		    struct ui_filter_error *ret_error)
{
	int err = parse(text, ret, ret_error);

	if (err == -EINVAL)
		find_meaning(text, ret_error);
	if (!err && ctx && ctx->node_name)
		filter_set_node(&(*ret)->filter, ctx->cluster_name ? ctx->cluster_name : "default",
				ctx->node_name);
	return err;
}

/* ----------------------------------------------------------------- the command */

/* As a shell reads them: what is quoted in the bar need not be enough for it. */
static void put_flags(struct text *t, const char *flags)
{
	struct ui_word w;
	size_t at = 0;
	int err;

	for (; ui_word_next(flags, at, &w, &err); at = w.end) {
		text_char(t, ' ');
		ui_shell_word(t, w.value);
		free(w.value);
	}
	if (err)
		t->err = err;
}

static void put_time(struct text *t, uint64_t ns)
{
	const struct field_value v = {.known = true, .number = ns};

	field_value_text(t, field_find("time"), &v);
}

static bool has_word(const char *const *words, const char *word)
{
	for (; words && *words; words++)
		if (!strncmp(*words, word, strlen(word)))
			return true;
	return false;
}

/* The screen's own choice: a command would report less often. */
static void put_interval(struct text *t, const struct ui_filter_context *ctx)
{
	if (!ctx->report_interval_ns || has_word(ctx->source, "--report-interval"))
		return;
	text_str(t, " --report-interval ");
	field_seconds_text(t, ctx->report_interval_ns);
	text_char(t, 's');
}

void ui_filter_command_line(const struct ui_filter_context *ctx, const struct ui_filter *f,
			    uint64_t until_ns, struct text *ret)
{
	text_str(ret, ctx && ctx->root ? "sudo pitot observe" : "pitot observe");
	for (const char *const *w = ctx ? ctx->source : NULL; w && *w; w++) {
		text_char(ret, ' ');
		ui_shell_word(ret, *w);
	}
	if (ctx)
		put_interval(ret, ctx);
	if (ctx && ctx->follows)
		text_str(ret, until_ns ? " --all" : " --all --follow");
	if (ctx && ctx->held && until_ns) {
		text_str(ret, " --until ");
		put_time(ret, until_ns);
	}
	if (!f)
		return;
	put_flags(ret, f->flags);
	if (!*f->expression)
		return;
	text_str(ret, " --where ");
	ui_shell_word(ret, f->expression);
}
