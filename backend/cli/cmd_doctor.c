/*
 * doctor: checks an installation and says what to do.
 *
 * A check looks and judges; it changes nothing. "unknown" is never shown as a failure.
 * Exit status 1 when something must be mended.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/cli/commands.h"
#include "backend/cli/options.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/str.h"
#include "mailcore/db/conninfo.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/resolver.h"
#include "mailcore/net/tls.h"

#define DISK_WARN_BYTES (1ULL << 30)
#define CERT_WARN_S     (14 * 86400)
#define CHECKS_MAX      64

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL, VERDICT_UNKNOWN };

static const char *const verdict_names[] = { "ok", "warning", "failure", "unknown" };

struct finding {
	const char *what;
	enum verdict verdict;
	const char *text; /* what is, and what to do */
};

struct report {
	struct launch *launch;
	struct finding items[CHECKS_MAX];
	size_t len;
};

static void find(struct report *r, const char *what, enum verdict verdict, const char *text)
{
	if (r->len < CHECKS_MAX)
		r->items[r->len++] = (struct finding){ what, verdict, text };
}

/* ------------------------------------------------------------------------ checks */

static void check_directory(struct report *r)
{
	struct stat st;
	struct launch *l = r->launch;

	if (stat(launch_path(l, "keys"), &st) != 0)
		find(r, "data directory", VERDICT_FAIL,
			arena_printf(&l->arena,
				"%s is not complete; \"mailstead init --data %s\" makes "
				"what is missing.",
				l->dir, l->dir)
				.ptr);
	else if ((st.st_mode & 077) != 0)
		find(r, "data directory", VERDICT_FAIL,
			arena_printf(&l->arena, "%s can be read by others: chmod 700 it.",
				launch_path(l, "keys"))
				.ptr);
	else
		find(r, "data directory", VERDICT_OK, l->dir);
}

static void check_user(struct report *r)
{
	if (r->launch->uid == 0)
		find(r, "service user", VERDICT_FAIL,
			"The roles would run as root: make a user \"mailstead\" "
			"(useradd --system mailstead) and give it the data directory.");
	else
		find(r, "service user", VERDICT_OK,
			arena_printf(&r->launch->arena, "uid %u", (unsigned)r->launch->uid).ptr);
}

static void check_server(struct report *r)
{
	pid_t pid = launch_server_pid(r->launch);
	if (pid == 0)
		find(r, "server", VERDICT_WARN, "No server is running on this directory.");
	else
		find(r, "server", VERDICT_OK,
			arena_printf(&r->launch->arena, "running, pid %d", (int)pid).ptr);
}

static void check_database(struct report *r)
{
	const char *conninfo;
	struct err err = { 0 };

	if (launch_conninfo(r->launch, "owner", &conninfo, &err) != RC_OK)
		find(r, "database", VERDICT_FAIL, arena_strdup(&r->launch->arena, err.text));
	else if (conninfo_ping(conninfo))
		find(r, "database", VERDICT_OK, "PostgreSQL answers.");
	else if (launch_is_private_db(r->launch) && launch_server_pid(r->launch) == 0)
		find(r, "database", VERDICT_UNKNOWN,
			"The private PostgreSQL runs with the server.");
	else
		find(r, "database", VERDICT_FAIL,
			"PostgreSQL does not answer; look at "
			"database.url and at run/postgres.log.");
}

static bool answers(const struct addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(addr, &sa);
	AUTO(close_fd) int fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0;
}

static void check_port(struct report *r, const char *key, struct span text)
{
	struct arena *a = &r->launch->arena;
	struct addr addr;
	struct span local = span_starts(text, SPAN("*"))
		? arena_printf(a, "127.0.0.1" SPAN_FMT, SPAN_ARG(span_from(text, 1)))
		: text;

	if (!addr_parse_port(local, 0, &addr) || addr.port == 0)
		find(r, key, VERDICT_FAIL,
			arena_printf(
				a, "\"" SPAN_FMT "\" is no address with a port.", SPAN_ARG(text))
				.ptr);
	else if (answers(&addr))
		find(r, key, VERDICT_OK, arena_printf(a, SPAN_FMT " answers.", SPAN_ARG(text)).ptr);
	else
		find(r, key, launch_server_pid(r->launch) ? VERDICT_FAIL : VERDICT_UNKNOWN,
			arena_printf(a, SPAN_FMT " does not answer%s", SPAN_ARG(text),
				launch_server_pid(r->launch) ? ": see the log."
							     : "; no server is running.")
				.ptr);
}

static void check_ports(struct report *r)
{
	static const char *const keys[] = { "listen.smtp", "listen.submission",
		"listen.submissions", "listen.imap", "listen.imaps", "listen.pop3", "listen.pop3s",
		"listen.http", "listen.https" };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct span rest = span_of(config_text(r->launch->config, keys[i])), part;
		while (span_split(&rest, ',', &part)) {
			if (span_trim(part).len > 0)
				check_port(r, keys[i], span_trim(part));
		}
	}
}

static const char *tls_file(struct launch *l, const char *key, const char *fallback)
{
	const char *given = config_text(l->config, key);
	return given[0] ? given : launch_path(l, fallback);
}

static void check_tls(struct report *r)
{
	struct launch *l = r->launch;
	struct tls_store *tls;
	struct err err = { 0 };

	if (tls_store_open(tls_file(l, "tls.cert", "tls/cert.pem"),
		    tls_file(l, "tls.key", "tls/key.pem"), NULL, &tls, &err) != RC_OK) {
		find(r, "certificate", VERDICT_FAIL, arena_strdup(&l->arena, err.text));
		return;
	}
	int64_t left = tls_store_expires_at(tls) - clock_now_us() / USEC_PER_SEC;
	tls_store_close(tls);
	find(r, "certificate",
		left < 0                     ? VERDICT_FAIL
			: left < CERT_WARN_S ? VERDICT_WARN
					     : VERDICT_OK,
		arena_printf(&l->arena,
			left < 0 ? "It ended %lld days ago: renew it."
				 : "It is valid for another %lld days.",
			(long long)(left < 0 ? -left : left) / 86400)
			.ptr);
}

static void check_hostname(struct report *r)
{
	struct span name = span_of(r->launch->hostname);
	if (span_find(name, '.') == SPAN_NPOS)
		find(r, "hostname", VERDICT_WARN,
			arena_printf(&r->launch->arena,
				"\"" SPAN_FMT "\" is not a full name; set "
				"hostname to the name that DNS has for this server.",
				SPAN_ARG(name))
				.ptr);
	else
		find(r, "hostname", VERDICT_OK, r->launch->hostname);
}

/* The root's name servers: any working resolver has them. */
static void check_dns(struct report *r)
{
	struct resolver *resolver =
		resolver_open(config_text(r->launch->config, "dns.servers"), 3000);
	struct ctx ctx = { .arena = &r->launch->arena,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + 3000 };
	struct dns_answer answer;

	enum rc rc = resolver_query(resolver, &ctx, SPAN("com"), DNS_NS, &answer, NULL);
	if (rc == RC_OK)
		find(r, "DNS", VERDICT_OK,
			answer.authentic ? "The resolver answers and validates "
					   "DNSSEC."
					 : "The resolver answers.");
	else
		find(r, "DNS", VERDICT_WARN,
			"No resolver answers: mail is received, but senders "
			"cannot be verified and nothing can be sent out. Set "
			"dns.servers or mend /etc/resolv.conf.");
	resolver_close(resolver);
}

static void check_disk(struct report *r)
{
	struct statvfs fs;

	if (statvfs(r->launch->dir, &fs) != 0)
		return;
	unsigned long long left = (unsigned long long)fs.f_bavail * fs.f_frsize;
	find(r, "disk", left < DISK_WARN_BYTES ? VERDICT_WARN : VERDICT_OK,
		arena_printf(&r->launch->arena, "%llu MiB free.", left >> 20).ptr);
}

static void check_sandbox(struct report *r)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (!config_bool(r->launch->config, "sandbox"))
		find(r, "sandbox", VERDICT_WARN, "Switched off in the configuration.");
	else if (abi <= 0)
		find(r, "sandbox", VERDICT_WARN,
			"This kernel has no Landlock: roles are confined "
			"by seccomp alone.");
	else
		find(r, "sandbox", VERDICT_OK,
			arena_printf(&r->launch->arena, "seccomp and Landlock (ABI %ld).", abi)
				.ptr);
}

/* ------------------------------------------------------------------------ output */

static int worst(const struct report *r)
{
	for (size_t i = 0; i < r->len; i++) {
		if (r->items[i].verdict == VERDICT_FAIL)
			return 1;
	}
	return 0;
}

static void print_text(const struct report *r)
{
	static const char *const marks[] = { "ok  ", "WARN", "FAIL", "?   " };
	for (size_t i = 0; i < r->len; i++)
		printf("%s  %-20s %s\n", marks[r->items[i].verdict], r->items[i].what,
			r->items[i].text);
}

static void print_json(const struct report *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->len; i++) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "check", r->items[i].what);
		cJSON_AddStringToObject(item, "verdict", verdict_names[r->items[i].verdict]);
		cJSON_AddStringToObject(item, "text", r->items[i].text);
		cJSON_AddItemToArray(list, item);
	}
	char *text = cJSON_Print(list);
	puts(text);
	cJSON_free(text);
	cJSON_Delete(list);
}

static int examine(struct launch *l, bool json)
{
	static void (*const checks[])(struct report *) = { check_directory, check_user,
		check_server, check_database, check_hostname, check_tls, check_ports, check_dns,
		check_disk, check_sandbox };
	struct report report = { .launch = l };

	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		checks[i](&report);
	if (json)
		print_json(&report);
	else
		print_text(&report);
	return worst(&report);
}

int cmd_doctor(int argc, char **argv)
{
	struct launch launch;
	struct options o = { .usage = "doctor --data DIR [--json]",
		.launch = &launch,
		.about = "Checks ports, TLS, database, DNS, permissions and sandboxing." };
	struct err err = { 0 };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = launch_load(&launch, &err) == RC_OK ? examine(&launch, o.json)
							     : cli_refuse(&err);
	launch_done(&launch);
	return status;
}
