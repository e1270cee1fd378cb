/* The supervisor: a table of roles, their lives and deaths. */
#include "backend/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/datadir.h"
#include "backend/listeners.h"
#include "backend/pgcluster.h"
#include "backend/schema.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/str.h"
#include "mailcore/net/tls.h"

#define BACKOFF_MAX_S 30
#define SERVED_MS     100
#define DB_SERVED_MS  3000
#define STOP_GRACE_MS 15000
#define DB_START_MS   60000
#define ROLE_ARGS_MAX (LISTENERS_MAX * 2 + LAUNCH_MAX_SETS * 2 + 16)

enum state { STATE_STOPPED, STATE_STARTING, STATE_UP, STATE_WAITING };

static const char *const state_names[] = { "stopped", "starting", "up", "waiting" };

struct child {
	const char *name;
	pid_t pid;
	enum state state;
	int64_t since_us;
	int64_t since_mono_ms; /* the same moment, on the clock that nobody sets */
	int64_t again_ms;      /* when waiting: start then */
	int backoff_s;
	int ready_fd; /* a role writes one byte when it serves */
};

enum { CHILD_DB, CHILD_MX, CHILD_USER, CHILD_WEB, CHILD_SEND, N_CHILDREN };

struct supervisor {
	struct launch *launch;
	struct listeners listeners;
	struct child children[N_CHILDREN];
	int exe_fd;
	int dir_fd;
	int signal_fd;
	bool stopping;
};

/* ------------------------------------------------------------------------ status */

static void add_child(struct str *out, const struct child *c)
{
	str_addf(out, "{\"name\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"since\":\"", c->name,
		(int)c->pid, state_names[c->state]);
	clock_add_rfc3339(out, c->since_us);
	str_add_cstr(out, "\"}");
}

static void write_status(struct supervisor *s)
{
	struct arena a;
	arena_init(&a, 4096);
	struct str out = str_in(&a, 8192);

	str_addf(&out, "{\"pid\":%d,\"roles\":[", (int)getpid());
	for (int i = CHILD_MX; i < N_CHILDREN; i++) {
		if (i > CHILD_MX)
			str_add_c(&out, ',');
		add_child(&out, &s->children[i]);
	}
	str_add_cstr(&out, "],\"database\":");
	if (launch_is_private_db(s->launch))
		add_child(&out, &s->children[CHILD_DB]);
	else
		str_add_cstr(&out, "{\"name\":\"external\"}");
	str_add_cstr(&out, "}\n");
	if (datadir_write(s->launch, "run/status.json", str_span(&out), 0644) != RC_OK)
		log_warn("status.write", "error=%s", strerror(errno));
	arena_done(&a);
}

static void set_state(struct supervisor *s, struct child *c, enum state state)
{
	c->state = state;
	c->since_us = clock_now_us();
	c->since_mono_ms = clock_mono_ms();
	write_status(s);
}

/* ------------------------------------------------------------------------ starting */

static void drop_root(const struct launch *l)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) != 0 || setgid(l->gid) != 0 || setuid(l->uid) != 0)
		_exit(126);
}

static void keep_over_exec(int fd)
{
	(void)fcntl(fd, F_SETFD, 0); /* a closed descriptor shows in the role */
}

/* In the child: argv for the role, then exec of this program. */
_Noreturn static void exec_role(struct supervisor *s, const struct child *c, int ready_fd)
{
	struct launch *l = s->launch;
	const char *argv[ROLE_ARGS_MAX];
	size_t n = 0;

	argv[n++] = "mailstead";
	argv[n++] = "role";
	argv[n++] = c->name;
	argv[n++] = l->dir;
	argv[n++] = l->conf;
	argv[n++] = arena_printf(&l->arena, "%d", ready_fd).ptr;
	for (size_t i = 0; i < l->n_sets; i++) {
		argv[n++] = "--set";
		argv[n++] = l->sets[i];
	}
	for (size_t i = 0; i < s->listeners.len; i++) {
		const struct listener *it = &s->listeners.items[i];
		if (strcmp(it->role, c->name) != 0)
			continue;
		keep_over_exec(it->fd);
		argv[n++] = "--fd";
		argv[n++] = arena_printf(&l->arena, "%s=%d", it->name, it->fd).ptr;
	}
	argv[n] = NULL;

	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	keep_over_exec(ready_fd);
	(void)prctl(
		PR_SET_PDEATHSIG, SIGTERM); /* a supervisor killed with -9 takes its roles along */
	if (fchdir(s->dir_fd) != 0)
		_exit(125);
	drop_root(l);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* setuid clears it */
	fexecve(s->exe_fd, (char *const *)(uintptr_t)argv, environ);
	_exit(127);
}

static bool start_role(struct supervisor *s, struct child *c)
{
	int ready[2];
	if (pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;

	c->pid = fork();
	if (c->pid == 0)
		exec_role(s, c, ready[1]);
	(void)close(ready[1]);
	if (c->pid < 0) {
		(void)close(ready[0]);
		c->pid = 0;
		return false;
	}
	c->ready_fd = ready[0];
	return true;
}

static void wait_again(struct supervisor *s, struct child *c)
{
	c->pid = 0;
	c->again_ms = clock_mono_ms() + c->backoff_s * MSEC_PER_SEC;
	c->backoff_s = c->backoff_s == 0 ? 1 : c->backoff_s * 2;
	if (c->backoff_s > BACKOFF_MAX_S)
		c->backoff_s = BACKOFF_MAX_S;
	set_state(s, c, STATE_WAITING);
}

static void start(struct supervisor *s, int which)
{
	struct child *c = &s->children[which];

	bool started =
		which == CHILD_DB ? (c->pid = pgcluster_start(s->launch)) > 0 : start_role(s, c);
	if (!started) {
		log_error("role.start", "name=%s error=%s", c->name, strerror(errno));
		wait_again(s, c);
		return;
	}
	log_info("role.start", "name=%s pid=%d", c->name, (int)c->pid);
	set_state(s, c, which == CHILD_DB ? STATE_UP : STATE_STARTING);
}

/* ------------------------------------------------------------------------ dying */

static void log_death(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_error("role.death", "name=%s pid=%d signal=%d", c->name, (int)c->pid,
			WTERMSIG(status));
	else
		log_error("role.death", "name=%s pid=%d exit=%d", c->name, (int)c->pid,
			WEXITSTATUS(status));
}

/*
 * What has served and dies is wanted back at once, however often that happens: its sockets are full of clients.
 * Only what dies before it serves, or just after, would die again and is started more and more rarely.
 */
static bool has_served(const struct supervisor *s, const struct child *c)
{
	int64_t up_ms = c->state == STATE_UP ? clock_mono_ms() - c->since_mono_ms : 0;
	return up_ms > (c == &s->children[CHILD_DB] ? DB_SERVED_MS : SERVED_MS);
}

static void bury(struct supervisor *s, struct child *c, int status)
{
	if (c->ready_fd >= 0)
		(void)close(c->ready_fd);
	c->ready_fd = -1;
	if (s->stopping) {
		c->pid = 0;
		set_state(s, c, STATE_STOPPED);
		return;
	}
	log_death(c, status);
	if (has_served(s, c))
		c->backoff_s = 0;
	wait_again(s, c);
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < N_CHILDREN; i++) {
			if (s->children[i].pid == pid)
				bury(s, &s->children[i], status);
		}
	}
}

/* ------------------------------------------------------------------------ running */

static void signal_roles(struct supervisor *s, int sig)
{
	for (int i = CHILD_MX; i < N_CHILDREN; i++) {
		if (s->children[i].pid > 0)
			(void)kill(s->children[i].pid, sig);
	}
}

static void read_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
			s->stopping = true;
		} else if (info.ssi_signo == SIGHUP) {
			log_info("server.reload", "pid=%d", (int)getpid());
			signal_roles(s, SIGHUP);
		}
	}
	reap(s);
}

static void read_ready(struct supervisor *s, struct child *c)
{
	char byte;

	if (read(c->ready_fd, &byte, 1) == 1)
		set_state(s, c, STATE_UP);
	(void)close(c->ready_fd);
	c->ready_fd = -1;
}

static int next_wait_ms(const struct supervisor *s)
{
	int64_t now = clock_mono_ms(), wait = 3600 * MSEC_PER_SEC;

	for (int i = 0; i < N_CHILDREN; i++) {
		const struct child *c = &s->children[i];
		if (c->state == STATE_WAITING && c->again_ms - now < wait)
			wait = c->again_ms - now;
	}
	return wait < 0 ? 0 : (int)wait;
}

static void poll_once(struct supervisor *s, int timeout_ms)
{
	struct pollfd fds[N_CHILDREN + 1] = { { .fd = s->signal_fd, .events = POLLIN } };

	for (int i = 0; i < N_CHILDREN; i++)
		fds[i + 1] = (struct pollfd){ .fd = s->children[i].ready_fd, .events = POLLIN };
	if (poll(fds, N_CHILDREN + 1, timeout_ms) < 0)
		return;
	for (int i = 0; i < N_CHILDREN; i++) {
		if (fds[i + 1].revents)
			read_ready(s, &s->children[i]);
	}
	if (fds[0].revents)
		read_signals(s);
}

static void restart_due(struct supervisor *s)
{
	for (int i = 0; i < N_CHILDREN && !s->stopping; i++) {
		struct child *c = &s->children[i];
		if (c->state == STATE_WAITING && c->again_ms <= clock_mono_ms())
			start(s, i);
	}
}

/* ------------------------------------------------------------------------ stopping */

static bool any_alive(const struct supervisor *s, int from)
{
	for (int i = from; i < N_CHILDREN; i++) {
		if (s->children[i].pid > 0)
			return true;
	}
	return false;
}

static void wait_dead(struct supervisor *s, int from, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (any_alive(s, from) && clock_mono_ms() < until)
		poll_once(s, 100);
}

static void stop_all(struct supervisor *s)
{
	s->stopping = true;
	signal_roles(s, SIGTERM);
	wait_dead(s, CHILD_MX, STOP_GRACE_MS);
	signal_roles(s, SIGKILL);
	wait_dead(s, CHILD_MX, 2000);
	if (s->children[CHILD_DB].pid > 0) {
		(void)kill(s->children[CHILD_DB].pid, SIGINT); /* PostgreSQL's fast shutdown */
		wait_dead(s, CHILD_DB, STOP_GRACE_MS);
	}
	if (s->children[CHILD_DB].pid > 0)
		(void)kill(s->children[CHILD_DB].pid, SIGQUIT);
	for (int i = 0; i < N_CHILDREN; i++)
		s->children[i].state = STATE_STOPPED;
	write_status(s);
	log_info("server.stop", "pid=%d", (int)getpid());
}

/* ------------------------------------------------------------------------ starting up */

static enum rc wait_for_database(struct supervisor *s, struct err *err)
{
	int64_t until = clock_mono_ms() + DB_START_MS;

	while (!s->stopping && clock_mono_ms() < until) {
		if (pgcluster_ready(s->launch))
			return RC_OK;
		poll_once(s, 20);
		restart_due(s);
	}
	return err_set(err, RC_TEMP, "database", "PostgreSQL does not answer; see %s.",
		launch_path(s->launch, "run/postgres.log"));
}

static enum rc migrate(struct launch *l, struct err *err)
{
	struct migrate_report report;
	struct err why = { 0 };

	enum rc rc = schema_update(l, false, &report, &why);
	if (rc != RC_OK)
		return err_set(err, rc, "database.url", "The database%s cannot be used: %s",
			launch_is_private_db(l) ? "" : " of database.url", why.text);
	if (report.applied > 0)
		log_info("schema.migrate", "applied=%d version=%d", report.applied, report.version);
	return RC_OK;
}

static enum rc start_database(struct supervisor *s, struct err *err)
{
	enum rc rc = RC_OK;

	if (launch_is_private_db(s->launch)) {
		rc = pgcluster_prepare(s->launch, err);
		if (rc == RC_OK)
			start(s, CHILD_DB);
		if (rc == RC_OK)
			rc = wait_for_database(s, err);
		if (rc == RC_OK)
			rc = pgcluster_make_database(s->launch, err);
	}
	return rc == RC_OK ? migrate(s->launch, err) : rc;
}

static void save_sets(struct launch *l)
{
	struct str out = str_in(&l->arena, 16384);

	for (size_t i = 0; i < l->n_sets; i++)
		str_addf(&out, "%s\n", l->sets[i]);
	if (datadir_write(l, "run/sets", str_span(&out), 0640) != RC_OK)
		log_warn("sets.write", "error=%s", strerror(errno));
}

/* What no role could start with is said before any does. */
static enum rc check_certificate(struct launch *l, struct err *err)
{
	const char *cert = config_text(l->config, "tls.cert");
	const char *key = config_text(l->config, "tls.key");
	struct tls_store *tls = NULL;

	enum rc rc = tls_store_open(cert[0] ? cert : launch_path(l, "tls/cert.pem"),
		key[0] ? key : launch_path(l, "tls/key.pem"), NULL, &tls, err);
	tls_store_close(tls);
	return rc;
}

static enum rc prepare(struct supervisor *s, struct err *err)
{
	struct launch *l = s->launch;
	enum rc rc = datadir_prepare(l, err);
	if (rc == RC_OK)
		rc = datadir_lock(l, err);
	if (rc == RC_OK)
		rc = check_certificate(l, err);
	if (rc == RC_OK)
		rc = listeners_open(l, &s->listeners, err);
	if (rc != RC_OK)
		return rc;
	save_sets(l);
	s->exe_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	s->dir_fd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->exe_fd < 0 || s->dir_fd < 0)
		return err_set(
			err, RC_TEMP, "data", "%s cannot be opened: %s.", l->dir, strerror(errno));
	return start_database(s, err);
}

static void take_signals(struct supervisor *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT(s->signal_fd >= 0);
}

int supervisor_run(struct launch *l)
{
	static const char *const names[] = { "postgres", "mx", "user", "web", "send" };
	struct supervisor s = { .launch = l, .exe_fd = -1, .dir_fd = -1 };
	struct err err = { 0 };

	log_init("supervisor", LOG_INFO);
	for (int i = 0; i < N_CHILDREN; i++)
		s.children[i] = (struct child){ .name = names[i], .ready_fd = -1 };
	take_signals(&s);

	enum rc rc = prepare(&s, &err);
	if (rc == RC_OK) {
		for (int i = CHILD_MX; i < N_CHILDREN; i++)
			start(&s, i);
	} else if (!s.stopping) {
		fprintf(stderr, "mailstead: %s\n", err.text);
	}
	while (rc == RC_OK && !s.stopping) {
		poll_once(&s, next_wait_ms(&s));
		restart_due(&s);
	}
	if (s.dir_fd >= 0)
		stop_all(&s);
	listeners_close(&s.listeners);
	return rc == RC_OK || s.stopping ? 0 : 1;
}
