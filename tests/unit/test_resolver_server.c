// SPDX-License-Identifier: MIT
/* Reverse look-ups by a real dnsmasq on the loopback interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "flows/names/resolver.h"
#include "flows/names/reverse.h"
#include "tests/unit/resolver_end.h"

/* -------------------------------------------------------------- the namer */

struct bench {
	uv_loop_t loop;
	struct namer *namer;
	char notice[512], state[512];
	int notices;
	struct names_row row;
};

static void on_notice(void *arg, const char *line)
{
	struct bench *b = arg;

	b->notices++;
	snprintf(b->notice, sizeof(b->notice), "%s", line);
}

static void on_row(void *arg, const struct names_row *row)
{
	struct bench *b = arg;

	b->row = *row;
	snprintf(b->state, sizeof(b->state), "%s", row->state);
}

static int begin(struct bench *b, const struct names_options *opt)
{
	const struct namer_events ev = {.arg = b, .notice = on_notice};

	memset(b, 0, sizeof(*b));
	uv_loop_init(&b->loop);
	assert_int_equal(resolver_new(opt, &b->namer), 0);
	return b->namer->start(b->namer, &b->loop, &ev);
}

/* Also that nothing is left on the loop that would keep it going. */
static void end(struct bench *b)
{
	b->namer->stop(b->namer);
	uv_run(&b->loop, UV_RUN_NOWAIT);
	uv_run(&b->loop, UV_RUN_NOWAIT);
	b->namer->free(b->namer);
	assert_int_equal(uv_loop_close(&b->loop), 0);
}

static const struct names_row *status(struct bench *b)
{
	const struct names_rows rows = {.arg = b, .row = on_row};

	b->namer->status(b->namer, &rows);
	return &b->row;
}

static unsigned int asked(struct bench *b)
{
	const char *at;
	unsigned int n;

	status(b);
	at = strstr(b->state, "; ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "; %u asked", &n), 1);
	return n;
}

static unsigned int in_state(struct bench *b, const char *word)
{
	const char *at;

	status(b);
	at = strstr(b->state, word);
	assert_non_null(at);
	while (at > b->state && at[-1] != ',' && at[-1] != ';')
		at--;
	return strtoul(at, NULL, 10);
}

/* The far end of a flow goes past the namer once; its first name, or "". */
static const char *name_of(struct bench *b, struct flow_end *e)
{
	static char name[REVERSE_NAME_MAX];
	struct flow f;

	flow_init(&f);
	f.ip_version = 4;
	f.src.addr = addr("10.0.0.1");
	f.src.identity = IDENTITY_HOST;
	flow_end_copy(&f.dst, e);
	b->namer->end(b->namer, &f, &f.src, &f.dst);
	assert_null(f.src.reverse);
	b->namer->end(b->namer, &f, &f.dst, &f.src);
	snprintf(name, sizeof(name), "%s", f.dst.reverse ? f.dst.reverse->names[0] : "");
	flow_release(&f);
	return name;
}

static void on_limit(uv_timer_t *timer)
{
	(void)timer;
}

static void run_for(struct bench *b, uint64_t ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000;
	uv_timer_t timer;

	uv_timer_init(&b->loop, &timer);
	uv_timer_start(&timer, on_limit, 1, 5);
	while (uv_hrtime() < until)
		uv_run(&b->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&b->loop, UV_RUN_NOWAIT);
}

/* Until nobody is in flight, at most 10 s. */
static void run_until_answered(struct bench *b)
{
	for (int i = 0; i < 500 && in_state(b, "in flight"); i++)
		run_for(b, 20);
	assert_int_equal(in_state(b, "in flight"), 0);
}

/* ---------------------------------------------------------------- dnsmasq */

struct dnsmasq {
	pid_t pid;
	char server[32];
};

static int udp_socket(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static int dnsmasq_there(void)
{
	static const char *const places[] = {"/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", NULL};

	for (int i = 0; places[i]; i++)
		if (!access(places[i], X_OK))
			return 1;
	return 0;
}

static void start_dnsmasq(struct dnsmasq *d)
{
	uint16_t port;
	char port_text[16];

	if (!dnsmasq_there())
		skip();
	close(udp_socket(&port));
	snprintf(port_text, sizeof(port_text), "%u", port);
	snprintf(d->server, sizeof(d->server), "127.0.0.1:%u", port);
	d->pid = fork();
	if (d->pid)
		return;
	if (!getenv("TEST_VERBOSE") && (!freopen("/dev/null", "w", stderr)))
		_exit(126);
	execlp("dnsmasq", "dnsmasq", "--keep-in-foreground", "--port", port_text,
	       "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts",
	       "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--local=/in-addr.arpa/",
	       "--ptr-record=34.216.184.93.in-addr.arpa,Edge.Example.NET",
	       "--ptr-record=35.216.184.93.in-addr.arpa,one.example.net",
	       "--ptr-record=35.216.184.93.in-addr.arpa,two.example.net",
	       "--ptr-record=35.216.184.93.in-addr.arpa,three.example.net",
	       "--ptr-record=35.216.184.93.in-addr.arpa,four.example.net",
	       "--ptr-record=35.216.184.93.in-addr.arpa,five.example.net",
	       "--ptr-record=1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.ip6.arpa"
	       ",six.example.net",
	       NULL);
	_exit(127);
}

static void stop_dnsmasq(struct dnsmasq *d)
{
	kill(d->pid, SIGTERM);
	waitpid(d->pid, NULL, 0);
}

/* dnsmasq takes a moment to bind: a refused query is asked again by a new bench. */
static void begin_with(struct bench *b, const struct dnsmasq *d)
{
	struct names_options opt = {.dns_server = d->server};
	struct flow_end e = world("93.184.216.1");

	for (int i = 0; i < 100; i++) {
		assert_int_equal(begin(b, &opt), 0);
		name_of(b, &e);
		run_until_answered(b);
		if (!in_state(b, "failed"))
			return;
		end(b);
		usleep(50000);
	}
	fail_msg("no dnsmasq");
}

static void names_come_from_the_server(void **state)
{
	struct dnsmasq d;
	struct bench b;
	struct flow_end v4 = world("93.184.216.34"), v6 = world("2a00:1450::1"),
			none = world("93.184.216.99"), many = world("93.184.216.35");
	struct flow f;

	(void)state;
	start_dnsmasq(&d);
	begin_with(&b, &d);
	assert_int_equal(asked(&b), 1);
	assert_string_equal(name_of(&b, &v4), "");
	assert_string_equal(name_of(&b, &v6), "");
	assert_string_equal(name_of(&b, &none), "");
	assert_string_equal(name_of(&b, &many), "");
	assert_string_equal(name_of(&b, &v4), ""); /* on its way: not asked twice */
	run_until_answered(&b);
	assert_string_equal(name_of(&b, &v4), "edge.example.net");
	assert_string_equal(name_of(&b, &v6), "six.example.net");
	assert_string_equal(name_of(&b, &none), "");
	assert_int_equal(asked(&b), 5);
	flow_init(&f);
	f.dst = many;
	b.namer->end(b.namer, &f, &f.dst, &f.src);
	assert_non_null(f.dst.reverse);
	assert_int_equal(f.dst.reverse->n, 4); /* of 5 */
	flow_release(&f);
	assert_int_equal(status(&b)->entries, 5);
	assert_false(b.row.failed);
	end(&b);
	stop_dnsmasq(&d);
}

static void who_is_not_asked_about(void **state)
{
	struct endpoint pod = {.refs = 9, .kind = ENDPOINT_POD};
	struct service service = {.refs = 9};
	struct name_list names = {.refs = 9, .n = 1, .names = (const char *[]){"x"}};
	struct process self = {.pid = getpid()};
	struct names_options opt = {.dns_server = "127.0.0.1:9"};
	struct flow_end e = world("10.1.2.3");
	struct bench b;
	struct flow f;

	(void)state;
	assert_int_equal(begin(&b, &opt), 0);
	name_of(&b, &e);
	e = world("93.184.216.34");
	e.identity = IDENTITY_HOST;
	name_of(&b, &e);
	e = world("93.184.216.34");
	e.endpoint = &pod;
	name_of(&b, &e);
	e = world("93.184.216.34");
	e.service = &service;
	name_of(&b, &e);
	e = world("93.184.216.34");
	e.dns = &names;
	name_of(&b, &e);
	e = world("8.8.8.8"); /* a DNS server */
	e.port = 53;
	name_of(&b, &e);
	e.port = 853;
	name_of(&b, &e);
	flow_init(&f); /* our own traffic */
	f.src.process = &self;
	f.dst = world("93.184.216.34");
	b.namer->end(b.namer, &f, &f.dst, &f.src);
	assert_int_equal(asked(&b), 0);
	assert_int_equal(status(&b)->entries, 0);
	e = world("8.8.8.8");
	name_of(&b, &e);
	assert_int_equal(asked(&b), 1);
	end(&b);
}

/* Different questions that a silent server has got; their ids may be the same. */
static unsigned int count_questions(int fd)
{
	static char seen[256][512];
	unsigned int n = 0, i;
	char m[512];
	ssize_t len;

	while ((len = recv(fd, m, sizeof(m) - 1, 0)) > 12 && n < 256) {
		m[len] = 0;
		for (i = 0; i < n && strcmp(seen[i], m + 12); i++)
			;
		snprintf(seen[i], sizeof(seen[i]), "%s", m + 12);
		n += i == n;
	}
	return n;
}

static void a_silent_server_delays_nothing(void **state)
{
	char server[32];
	struct names_options opt = {.dns_server = server};
	uint64_t began, longest = 0;
	struct bench b;
	uint16_t port;
	int fd = udp_socket(&port);

	(void)state;
	snprintf(server, sizeof(server), "127.0.0.1:%u", port);
	assert_int_equal(begin(&b, &opt), 0);
	for (unsigned int i = 0; i < 2000; i++) {
		struct flow_end e = {.addr = numbered(i), .identity = IDENTITY_WORLD};

		began = uv_hrtime();
		name_of(&b, &e);
		if (uv_hrtime() - began > longest)
			longest = uv_hrtime() - began;
	}
	assert_in_range(longest, 0, 500000000); /* a look-up would take 2 s */
	run_for(&b, 200);
	assert_int_equal(count_questions(fd), 64);
	assert_int_equal(in_state(&b, "in flight"), 64);
	assert_int_equal(in_state(&b, "waiting"), 1024);
	assert_int_equal(status(&b)->evicted, 2000 - 1024 - 64);
	assert_int_equal(b.row.entries, 1024 + 64);
	began = uv_hrtime();
	end(&b);
	assert_in_range(uv_hrtime() - began, 0, 500000000);
	close(fd);
}

static void a_dead_server_is_told_once(void **state)
{
	char server[32];
	struct names_options opt = {.dns_server = server};
	struct bench b;
	uint16_t port;

	(void)state;
	close(udp_socket(&port));
	snprintf(server, sizeof(server), "127.0.0.1:%u", port);
	assert_int_equal(begin(&b, &opt), 0);
	for (unsigned int i = 0; i < 40; i++) {
		struct flow_end e = {.addr = numbered(i), .identity = IDENTITY_WORLD};

		name_of(&b, &e);
	}
	run_until_answered(&b);
	assert_int_equal(b.notices, 1);
	assert_non_null(strstr(b.notice, "--no-resolve"));
	assert_true(status(&b)->failed);
	assert_int_equal(in_state(&b, "failed"), 40);
	end(&b);
}

/* Answers come at once here, so that nothing else would hold questions back. */
static void questions_are_rationed(void **state)
{
	struct dnsmasq d;
	struct bench b;

	(void)state;
	start_dnsmasq(&d);
	begin_with(&b, &d);
	for (unsigned int i = 0; i < 600; i++) {
		struct flow_end e = {.addr = numbered(i), .identity = IDENTITY_WORLD};

		name_of(&b, &e);
	}
	for (unsigned int wanted = 256; wanted <= 601; wanted += wanted == 512 ? 89 : 256) {
		run_until_answered(&b);
		assert_int_equal(asked(&b), wanted);
		b.namer->tick(b.namer, wanted);
	}
	assert_int_equal(in_state(&b, "waiting"), 0);
	end(&b);
	stop_dnsmasq(&d);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void servers_come_from_resolv_conf(void **state)
{
	char root[] = "/tmp/test_resolver.XXXXXX", path[64], folder[64];
	struct names_options opt = {.root = root};
	struct bench b;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(folder, sizeof(folder), "%s/etc", root);
	snprintf(path, sizeof(path), "%s/etc/resolv.conf", root);
	mkdir(folder, 0700);
	write_file(path, "nameserver 127.0.0.3\nnameserver ::1\n");
	assert_int_equal(begin(&b, &opt), 0);
	status(&b);
	assert_non_null(strstr(b.state, "asks 127.0.0.3, ::1;"));
	write_file(path, "nameserver 127.0.0.44\n");
	b.namer->tick(b.namer, 1000000000);
	status(&b);
	assert_non_null(strstr(b.state, "asks 127.0.0.3, ::1;")); /* not looked at each second */
	b.namer->tick(b.namer, 7000000000);
	status(&b);
	assert_non_null(strstr(b.state, "asks 127.0.0.44;"));
	end(&b);
	unlink(path);
	rmdir(folder);
	rmdir(root);
}

/* What was on its way when the servers changed is asked again, what waited as well. */
static void questions_outlive_a_change_of_servers(void **state)
{
	char root[] = "/tmp/test_resolver.XXXXXX", path[64], folder[64];
	struct names_options opt = {.root = root};
	struct flow_end e = world("93.184.216.34");
	struct bench b;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(folder, sizeof(folder), "%s/etc", root);
	snprintf(path, sizeof(path), "%s/etc/resolv.conf", root);
	mkdir(folder, 0700);
	write_file(path, "nameserver 127.0.0.3\n");
	assert_int_equal(begin(&b, &opt), 0);
	name_of(&b, &e);
	assert_int_equal(asked(&b), 1);
	write_file(path, "nameserver 127.0.0.44\n#\n");
	b.namer->tick(b.namer, 7000000000);
	assert_int_equal(in_state(&b, "in flight"), 0);
	name_of(&b, &e);
	assert_int_equal(asked(&b), 2);
	end(&b);
	unlink(path);
	rmdir(folder);
	rmdir(root);
}

static void without_look_ups(void **state)
{
	struct names_options off = {.no_resolve = true}, bad = {.dns_server = "no address"};
	struct flow_end e = world("93.184.216.34");
	struct bench b;

	(void)state;
	assert_int_equal(begin(&b, &off), 0);
	assert_string_equal(name_of(&b, &e), "");
	assert_string_equal((status(&b), b.state), "off");
	assert_true(b.row.none && !b.row.failed);
	assert_int_equal(b.row.entries, 0);
	end(&b);
	assert_int_equal(begin(&b, &bad), -EINVAL);
	assert_true(status(&b)->failed && !b.row.none);
	assert_int_equal(b.notices, 1);
	assert_non_null(strstr(b.notice, "no address"));
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_server),
		cmocka_unit_test(who_is_not_asked_about),
		cmocka_unit_test(a_silent_server_delays_nothing),
		cmocka_unit_test(a_dead_server_is_told_once),
		cmocka_unit_test(questions_are_rationed),
		cmocka_unit_test(servers_come_from_resolv_conf),
		cmocka_unit_test(questions_outlive_a_change_of_servers),
		cmocka_unit_test(without_look_ups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
