/* SPDX-License-Identifier: MIT */
#include "flows/capture/processes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MAX 16384
#define COMMAND_MAX 256

struct process_entry {
	struct table_node node; /* by pid */
	struct process_entry *newer; /* in the order of coming */
	struct process *process;
};

static void process_entry_free(void *arg, struct table_node *node)
{
	struct process_entry *e = table_entry(node, struct process_entry, node);

	(void)arg;
	process_put(e->process);
	free(e);
}

void processes_free(struct processes *t)
{
	table_each(&t->table, process_entry_free, NULL);
	table_free(&t->table);
}

static struct process_entry *process_entry_find(struct processes *t, uint32_t pid)
{
	struct table_node *node = table_find(&t->table, table_hash(&pid, sizeof(pid)));

	for (; node; node = table_next(node)) {
		struct process_entry *e = table_entry(node, struct process_entry, node);

		if (e->process->pid == pid)
			return e;
	}
	return NULL;
}

static void process_forget_oldest(struct processes *t)
{
	struct process_entry *e = t->oldest;

	t->oldest = e->newer;
	if (!t->oldest)
		t->newest = NULL;
	table_remove(&t->table, &e->node);
	process_entry_free(NULL, &e->node);
}

/* Takes over the reference. Returns p, or NULL (freed) when there is no memory. */
static struct process *process_keep(struct processes *t, struct process *p)
{
	struct process_entry *e = process_entry_find(t, p->pid);

	if (e) {
		process_put(e->process);
		e->process = p;
		return p;
	}
	if (t->table.n >= PROCESSES_MAX)
		process_forget_oldest(t);
	e = calloc(1, sizeof(*e));
	if (!e || table_insert(&t->table, &e->node, table_hash(&p->pid, sizeof(p->pid)))) {
		free(e);
		process_put(p);
		t->lost++;
		return NULL;
	}
	e->process = p;
	if (t->newest)
		t->newest->newer = e;
	else
		t->oldest = e;
	t->newest = e;
	return p;
}

/* NUL-separated arguments become one line. */
static char *command_text(const char *args, size_t size)
{
	char *text;

	while (size && !args[size - 1])
		size--;
	text = malloc(size + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < size; i++)
		text[i] = args[i] ? args[i] : ' ';
	text[size] = '\0';
	return text;
}

static char *read_exe(uint32_t pid)
{
	char path[32], buf[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	n = readlink(path, buf, sizeof(buf) - 1);
	return strndup(buf, n > 0 ? n : 0);
}

static char *read_command(uint32_t pid)
{
	char path[32], buf[COMMAND_MAX];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, sizeof(buf));
		close(fd);
	}
	return command_text(buf, n > 0 ? n : 0);
}

static struct process *process_new(uint32_t pid, uint32_t ppid, uint32_t uid, uint64_t cgroup_id,
				   uint64_t start_ns, const char *comm, char *exe, char *command)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p || !exe || !command) {
		free(p);
		free(exe);
		free(command);
		return NULL;
	}
	p->refs = 1;
	p->pid = pid;
	p->ppid = ppid;
	p->uid = uid;
	p->cgroup_id = cgroup_id;
	p->start_ns = start_ns;
	memcpy(p->comm, comm, sizeof(p->comm));
	p->comm[sizeof(p->comm) - 1] = '\0';
	p->exe = exe;
	p->command = command;
	return p;
}

/* The file itself, as it is found for others, too; of what has ended already the path that was given. */
static char *exec_path(const struct rec_exec *rec)
{
	size_t n = rec->file_len < EXEC_FILE ? rec->file_len : EXEC_FILE - 1;
	char *exe = read_exe(rec->pid);

	if (exe && *exe)
		return exe;
	free(exe);
	return strndup(rec->file, n);
}

void processes_exec(struct processes *t, const struct rec_exec *rec)
{
	size_t args = rec->args_len < EXEC_ARGS ? rec->args_len : EXEC_ARGS - 1;
	struct process *p =
		process_new(rec->pid, rec->ppid, rec->uid, rec->cgroup_id, rec->start_ns, rec->comm,
			    exec_path(rec), command_text(rec->args, args));

	if (p)
		process_keep(t, p);
}

/* A forked child that is gone already runs what its parent ran. */
static char *inherit(struct processes *t, uint32_t ppid, char *own, bool exe)
{
	struct process_entry *parent;

	if (!own || *own)
		return own;
	parent = process_entry_find(t, ppid);
	if (!parent)
		return own;
	free(own);
	return strdup(exe ? parent->process->exe : parent->process->command);
}

/* Noted when the socket or its listener was made: user and control group may have changed since. */
static bool is_stale(const struct rec_socket *rec)
{
	return rec->event == SOCK_ACCEPTED || rec->event == SOCK_CLOSE;
}

/* The same process under another user, in another control group. */
static struct process *process_as(struct processes *t, const struct process *was,
				  const struct rec_socket *rec)
{
	struct process *p =
		process_new(was->pid, was->ppid, rec->uid, rec->cgroup_id, was->start_ns, was->comm,
			    strdup(was->exe), strdup(was->command));

	if (!p)
		return NULL;
	p->netns = was->netns;
	return process_keep(t, p);
}

struct process *processes_of(struct processes *t, const struct rec_socket *rec)
{
	struct process_entry *e;
	struct process *p;

	if (!rec->pid)
		return NULL;
	e = process_entry_find(t, rec->pid);
	if (e && e->process->start_ns == rec->start_ns &&
	    !strncmp(e->process->comm, rec->comm, sizeof(rec->comm) - 1)) {
		if (!e->process->netns)
			e->process->netns = rec->netns;
		if ((e->process->uid != rec->uid || e->process->cgroup_id != rec->cgroup_id) &&
		    !is_stale(rec))
			return process_as(t, e->process, rec);
		return e->process;
	}
	p = process_new(rec->pid, rec->ppid, rec->uid, rec->cgroup_id, rec->start_ns, rec->comm,
			inherit(t, rec->ppid, read_exe(rec->pid), true),
			inherit(t, rec->ppid, read_command(rec->pid), false));
	if (!p)
		return NULL;
	p->netns = rec->netns;
	return process_keep(t, p);
}
