/* serve, stop, status, init, migrate: the server of a data directory. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/cli/commands.h"
#include "backend/cli/options.h"
#include "backend/datadir.h"
#include "backend/schema.h"
#include "backend/supervisor.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"

#define STOP_WAIT_MS 40000
#define STATUS_MAX   8192

int cmd_serve(int argc, char **argv)
{
	struct launch launch;
	struct options o = { .usage = "serve --data DIR | --config FILE",
		.launch = &launch,
		.about = "Runs the server until SIGTERM; SIGHUP reloads certificates." };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = supervisor_run(&launch);
	launch_done(&launch);
	return status;
}

int cmd_init(int argc, char **argv)
{
	struct launch launch;
	struct options o = {
		.usage = "init --data DIR [--set KEY=VALUE]...",
		.launch = &launch,
		.about = "Makes a data directory with a commented configuration and a certificate."
	};
	struct err err = { 0 };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = datadir_prepare(&launch, &err) == RC_OK ? 0 : cli_refuse(&err);
	launch_done(&launch);
	return status;
}

static void nap(void)
{
	struct timespec ts = { .tv_nsec = 20 * 1000000 };
	(void)nanosleep(&ts, NULL);
}

static int stop(struct launch *l)
{
	pid_t pid = launch_server_pid(l);
	int64_t until = clock_mono_ms() + STOP_WAIT_MS;
	struct err err = { 0 };

	if (pid == 0) {
		(void)err_set(&err, RC_NOT_FOUND, "data", "No server is running on %s.", l->dir);
		return cli_refuse(&err);
	}
	if (kill(pid, SIGTERM) != 0) {
		(void)err_set(&err, RC_DENIED, "data", "The server (pid %d) cannot be stopped: %s.",
			(int)pid, strerror(errno));
		return cli_refuse(&err);
	}
	while (launch_server_pid(l) == pid && clock_mono_ms() < until)
		nap();
	if (launch_server_pid(l) != pid)
		return 0;
	(void)err_set(&err, RC_TEMP, "data", "The server (pid %d) has not stopped yet.", (int)pid);
	return cli_refuse(&err);
}

int cmd_stop(int argc, char **argv)
{
	struct launch launch;
	struct options o = { .usage = "stop --data DIR",
		.launch = &launch,
		.about = "Stops the server and waits until it has stopped." };
	struct err err = { 0 };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = launch_load(&launch, &err) == RC_OK ? stop(&launch) : cli_refuse(&err);
	launch_done(&launch);
	return status;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	return text ? text : "-";
}

static void print_process(const cJSON *p)
{
	const cJSON *pid = cJSON_GetObjectItemCaseSensitive(p, "pid");
	printf("%-10s %8d  %-9s %s\n", text_of(p, "name"), cJSON_IsNumber(pid) ? pid->valueint : 0,
		text_of(p, "state"), text_of(p, "since"));
}

static int print_table(struct span text)
{
	cJSON *root = cJSON_ParseWithLength(text.ptr, text.len);
	const cJSON *role;

	printf("%-10s %8s  %-9s %s\n", "role", "pid", "state", "since");
	cJSON_ArrayForEach(role, cJSON_GetObjectItemCaseSensitive(root, "roles"))
		print_process(role);
	print_process(cJSON_GetObjectItemCaseSensitive(root, "database"));
	cJSON_Delete(root);
	return 0;
}

/* Serving: every role and the database are up. */
static bool all_up(struct span text)
{
	cJSON *root = cJSON_ParseWithLength(text.ptr, text.len);
	const cJSON *db = cJSON_GetObjectItemCaseSensitive(root, "database"), *role;
	bool up = strcmp(text_of(db, "state"), "up") == 0 ||
		strcmp(text_of(db, "name"), "external") == 0;

	cJSON_ArrayForEach(role, cJSON_GetObjectItemCaseSensitive(root, "roles")) up =
		up && strcmp(text_of(role, "state"), "up") == 0;
	cJSON_Delete(root);
	return up;
}

static int print_status(struct launch *l, bool json, bool ready)
{
	char text[STATUS_MAX];
	AUTO(close_fd) int fd = open(launch_path(l, "run/status.json"), O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
	struct err err = { 0 };

	if (len <= 0 || launch_server_pid(l) == 0) {
		(void)err_set(&err, RC_NOT_FOUND, "data", "No server is running on %s.", l->dir);
		return cli_refuse(&err);
	}
	if (ready)
		return all_up(span_make(text, (size_t)len)) ? 0 : 1;
	if (json)
		return fwrite(text, 1, (size_t)len, stdout) == (size_t)len ? 0 : 1;
	return print_table(span_make(text, (size_t)len));
}

int cmd_status(int argc, char **argv)
{
	struct launch launch;
	const char *ready = NULL;
	const struct option_row rows[] = {
		{ "--ready", NULL, "print nothing; exit status 0 when everything serves", &ready },
	};
	struct options o = { .usage = "status --data DIR [--json|--ready]",
		.about = "Shows the roles of the running server and its database.",
		.rows = rows,
		.n_rows = 1,
		.launch = &launch };
	struct err err = { 0 };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = launch_load(&launch, &err) == RC_OK
			? print_status(&launch, o.json, ready != NULL)
			: cli_refuse(&err);
	launch_done(&launch);
	return status;
}

static int migrate(struct launch *l, bool dry_run)
{
	struct migrate_report report;
	struct err err = { 0 };

	if (schema_update(l, dry_run, &report, &err) != RC_OK)
		return cli_refuse(&err);
	printf("%d migration%s %s; the schema is at version %d.\n", report.applied,
		report.applied == 1 ? "" : "s", dry_run ? "to apply" : "applied", report.version);
	return 0;
}

int cmd_migrate(int argc, char **argv)
{
	struct launch launch;
	const char *dry_run = NULL;
	const struct option_row rows[] = {
		{ "--dry-run", NULL, "only say what would be done", &dry_run },
	};
	struct options o = { .usage = "migrate --data DIR [--dry-run]",
		.launch = &launch,
		.about = "Applies schema migrations.",
		.rows = rows,
		.n_rows = 1 };
	struct err err = { 0 };

	launch_init(&launch);
	int status = options_read(&o, argc, argv);
	if (status < 0)
		status = launch_load(&launch, &err) == RC_OK ? migrate(&launch, dry_run != NULL)
							     : cli_refuse(&err);
	launch_done(&launch);
	return status;
}
