/* What every role does. */
#include "backend/role.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "backend/role_figures.h"
#include "backend/roles.h"
#include "backend/sandbox.h"
#include "mailcore/base/log.h"
#include "mailcore/db/db.h"
#include "mailcore/deliver/intake.h"
#include "mailcore/smtp/smtp.h"

#define STOP_GRACE_MS 8000

static const struct {
	const char *name;
	int (*run)(struct role *r);
} roles[] = {
	{ "mx", role_mx },
	{ "user", role_user },
	{ "web", role_web },
	{ "send", role_send },
};

/* ------------------------------------------------------------------------ arguments */

static bool add_fd(struct role *r, char *text)
{
	char *eq = strchr(text, '=');
	uint64_t fd;

	if (!eq || r->n_fds == ROLE_MAX_FDS || !span_u64(span_of(eq + 1), INT_MAX, &fd))
		return false;
	*eq = '\0';
	r->fds[r->n_fds].name = text;
	r->fds[r->n_fds++].fd = (int)fd;
	return true;
}

static bool read_args(struct role *r, int argc, char **argv)
{
	uint64_t ready;

	if (argc < 5 || !span_u64(span_of(argv[4]), INT_MAX, &ready))
		return false;
	r->name = argv[1];
	r->ready_fd = (int)ready;
	if (launch_set_dir(&r->launch, argv[2], NULL) != RC_OK ||
		launch_set_conf(&r->launch, argv[3], NULL) != RC_OK)
		return false;
	r->launch.base = ".";
	for (int i = 5; i + 1 < argc; i += 2) {
		bool ok = strcmp(argv[i], "--fd") == 0
			? add_fd(r, argv[i + 1])
			: launch_add_set(&r->launch, argv[i + 1], NULL) == RC_OK;
		if (!ok)
			return false;
	}
	return true;
}

/* Standing in the data directory, the file may only be reachable by its relative name. */
static void use_near_conf(struct role *r)
{
	struct span dir = span_of(r->launch.dir), conf = span_of(r->launch.conf);
	if (span_starts(conf, dir) && conf.len > dir.len)
		r->launch.conf = launch_path(
			&r->launch, arena_cstr(&r->launch.arena, span_from(conf, dir.len + 1)));
}

/* ------------------------------------------------------------------------ opening */

static void set_log_level(struct role *r)
{
	enum log_level level;
	if (log_level_parse(span_of(config_text(r->launch.config, "log.level")), &level))
		log_set_level(level);
}

static const char *file_or(struct role *r, const char *key, const char *fallback)
{
	const char *given = config_text(r->launch.config, key);
	return given[0] ? given : launch_path(&r->launch, fallback);
}

static enum rc open_tls(struct role *r, struct err *err)
{
	return tls_store_open(file_or(r, "tls.cert", "tls/cert.pem"),
		file_or(r, "tls.key", "tls/key.pem"), file_or(r, "tls.sni_dir", "tls/sni"), &r->tls,
		err);
}

static enum rc open_keys(struct role *r, struct err *err)
{
	struct keys_options options = { .key_file = launch_path(&r->launch, "keys/seal") };
	enum rc rc = launch_conninfo(&r->launch, "keys", &options.conninfo, err);

	if (rc == RC_OK)
		rc = keys_open(&options, &r->keys, err);
	if (rc == RC_OK)
		r->directory = directory_new(
			r->keys, config_text(r->launch.config, "limits.exempt_networks"));
	return rc;
}

static enum rc open_store(struct role *r, struct err *err)
{
	const char *run_dir = launch_path(&r->launch, "run");
	enum rc rc = bells_open(run_dir, r->name, &r->bells, err);
	if (rc == RC_OK)
		rc = epoch_open(run_dir, &r->epoch, err);
	if (rc == RC_OK)
		r->recipients = recipient_cache_new(r->epoch);
	if (rc == RC_OK)
		rc = blob_store_open(launch_path(&r->launch, "blobs"), &r->blobs, err);
	if (rc == RC_OK)
		r->store = store_new(&(struct store_options){ .blobs = r->blobs,
			.bells = r->bells,
			.conninfo = r->conninfo,
			.role = r->name });
	return rc;
}

static struct db *open_worker_db(void *arg)
{
	struct role *r = arg;
	struct db *db = db_open(r->conninfo, r->name);
	db_set_epoch(db, r->epoch);
	return db;
}

static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* what the kernel gives is what we have */
	}
}

static unsigned count_workers(const struct role *r, const struct role_wants *wants)
{
	int64_t given = wants->workers_key ? config_int(r->launch.config, wants->workers_key) : 0;
	return given > 0 && given <= 256 ? (unsigned)given : wants->workers;
}

static void open_loop(struct role *r, const struct role_wants *wants)
{
	const struct config *c = r->launch.config;
	struct loop_options options = {
		.role = r->name,
		.workers = count_workers(r, wants),
		.max_conns = (size_t)config_int(c, "limits.connections"),
		.max_conns_per_addr = (size_t)config_int(c, "limits.connections_per_address"),
		.exempt_networks = config_text(c, "limits.exempt_networks"),
		.proxy_networks = config_text(c, "mail.proxy_protocol"),
		.login_timeout_ms = config_ms(c, "timeout.login"),
		.worker_open = open_worker_db,
		.worker_close = db_close,
		.arg = r,
	};
	r->loop = loop_new(&options);
}

static void reload(struct ctx *ctx, void *arg)
{
	struct role *r = arg;
	struct err err = { 0 };
	(void)ctx;

	if (r->tls && tls_store_reload(r->tls, &err) != RC_OK)
		log_error("tls.reload", "error=\"%s\"", err.text);
	else
		log_info("role.reload", "name=%s", r->name);
}

static void stop(struct role *r)
{
	if (r->before_stop)
		r->before_stop(r->before_stop_arg);
	loop_stop(r->loop, STOP_GRACE_MS);
}

static void on_signal(int fd, void *arg)
{
	struct role *r = arg;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGHUP)
			stop(r);
		else if (!loop_post(r->loop, reload, r))
			log_warn("role.reload", "error=queue_full");
	}
}

static void on_bell(int fd, void *arg)
{
	(void)fd;
	bells_read(arg);
}

static sigset_t own_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	return set;
}

/* Before anything starts a thread: one that has not inherited this would die of a reload, and the
 * role with it. */
static void block_signals(void)
{
	sigset_t set = own_signals();

	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void watch_signals(struct role *r)
{
	sigset_t set = own_signals();
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT(fd >= 0);
	loop_watch(r->loop, fd, on_signal, r);
}

enum rc role_open(struct role *r, const struct role_wants *wants, struct err *err)
{
	enum rc rc = launch_conninfo(&r->launch, r->name, &r->conninfo, err);

	set_log_level(r);
	raise_fd_limit();
	if (rc == RC_OK && config_bool(r->launch.config, "sandbox"))
		sandbox_enter(launch_socket_dir(&r->launch));
	if (rc == RC_OK && wants->tls)
		rc = open_tls(r, err);
	if (rc == RC_OK)
		rc = open_store(r, err);
	if (rc == RC_OK && wants->keys)
		rc = open_keys(r, err);
	if (rc == RC_OK &&
		!net_list_parse(span_of(config_text(r->launch.config, "auth.plaintext_networks")),
			&r->plaintext_networks))
		rc = err_set(err, RC_INVALID, "auth.plaintext_networks",
			"auth.plaintext_networks is no list of networks such as 10.0.0.0/8.");
	if (rc != RC_OK)
		return rc;

	r->resolver = resolver_open(config_text(r->launch.config, "dns.servers"),
		config_ms(r->launch.config, "dns.timeout"));
	open_loop(r, wants);
	watch_signals(r);
	loop_watch(r->loop, bells_fd(r->bells), on_bell, r->bells);
	return RC_OK;
}

static void poll_store(struct ctx *ctx, void *arg)
{
	struct role *r = arg;

	enum rc rc = store_poll(r->store, ctx);
	if (rc != RC_OK)
		log_warn("store.poll", "rc=%s", rc_name(rc));
}

void role_poll_store(struct role *r)
{
	loop_every(r->loop, STORE_POLL_MS, poll_store, r);
}

int role_next_fd(const struct role *r, const char *name, size_t *pos)
{
	while (*pos < r->n_fds) {
		size_t i = (*pos)++;
		if (strcmp(r->fds[i].name, name) == 0)
			return r->fds[i].fd;
	}
	return -1;
}

void role_listen(struct role *r, const char *name, const struct protocol *protocol,
	bool implicit_tls, void *options)
{
	size_t pos = 0;

	for (int fd = role_next_fd(r, name, &pos); fd >= 0; fd = role_next_fd(r, name, &pos))
		loop_listen(r->loop, fd, name, protocol, r->tls, implicit_tls, options);
}

const char *role_url(struct role *r)
{
	const char *given = config_text(r->launch.config, "web.url");

	return given[0] ? given
			: arena_printf(&r->launch.arena, "https://%s", r->launch.hostname).ptr;
}

void role_intake_env(struct role *r, struct intake_env *out)
{
	const struct config *c = r->launch.config;

	*out = (struct intake_env){
		.store = r->store,
		.hostname = r->launch.hostname,
		.spool_dir = launch_path(&r->launch, "spool"),
		.spool_threshold = (size_t)config_bytes(c, "mail.spool_threshold"),
		.disk_reserve = (size_t)config_bytes(c, "mail.disk_reserve"),
		.max_size = (size_t)config_bytes(c, "mail.max_size"),
		.keys = r->keys,
	};
}

void role_smtp_options(
	struct role *r, const struct intake_env *intake, bool submission, struct smtp_options *out)
{
	const struct config *c = r->launch.config;

	*out = (struct smtp_options){
		.submission = submission,
		.hostname = r->launch.hostname,
		.directory = r->directory,
		.recipients = r->recipients,
		.intake = intake,
		.max_recipients = (size_t)config_int(c, "mail.max_recipients"),
		.timeout_ms = config_ms(c, "timeout.smtp"),
		.plaintext_networks = &r->plaintext_networks,
	};
}

int role_serve(struct role *r)
{
	log_info("role.ready", "name=%s pid=%d", r->name, (int)getpid());
	if (write(r->ready_fd, "1", 1) != 1)
		log_warn("role.ready", "error=%s", strerror(errno));
	(void)close(r->ready_fd);
	role_figures_start(r);
	loop_run(r->loop);
	role_figures_end(r);
	return 0;
}

void role_close(struct role *r)
{
	loop_free(r->loop);
	resolver_close(r->resolver);
	directory_free(r->directory);
	keys_close(r->keys);
	store_free(r->store);
	blob_store_close(r->blobs);
	recipient_cache_free(r->recipients);
	epoch_close(r->epoch);
	bells_close(r->bells);
	tls_store_close(r->tls);
	log_info("role.stop", "name=%s", r->name);
	launch_done(&r->launch);
}

int role_run(struct role *r)
{
	int status = role_serve(r);
	role_close(r);
	return status;
}

int role_main(int argc, char **argv)
{
	struct role r = { .ready_fd = -1 };
	struct err err = { 0 };

	block_signals();
	launch_init(&r.launch);
	if (!read_args(&r, argc, argv)) {
		fprintf(stderr, "mailstead: roles are started by \"mailstead serve\".\n");
		return 2;
	}
	log_init(r.name, LOG_INFO);
	use_near_conf(&r);
	if (launch_load(&r.launch, &err) != RC_OK) {
		log_error("role.config", "error=\"%s\"", err.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (strcmp(roles[i].name, r.name) == 0)
			return roles[i].run(&r);
	}
	return 2;
}
