/* What the commands that manage things stand on. */
#include "backend/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "mailcore/blob/blob.h"
#include "mailcore/db/bell.h"
#include "mailcore/db/db.h"
#include "mailcore/db/epoch.h"
#include "mailcore/keys/keys.h"
#include "mailcore/store/store.h"

#define CALL_MS  60000
#define JSON_MAX (64 * 1024 * 1024)

void cli_renew_deadline(struct cli *c)
{
	c->ctx.now_us = clock_now_us();
	c->ctx.deadline_ms = clock_mono_ms() + CALL_MS;
}

static enum rc open_keys(struct cli *c, struct err *err)
{
	struct keys_options options = { .key_file = launch_path(&c->launch, "keys/seal") };
	enum rc rc = launch_conninfo(&c->launch, "keys", &options.conninfo, err);
	return rc == RC_OK ? keys_open(&options, &c->services.keys, err) : rc;
}

static enum rc open_store(struct cli *c, struct err *err)
{
	enum rc rc = bells_open(launch_path(&c->launch, "run"), "cli", &c->bells, err);
	if (rc == RC_OK)
		rc = blob_store_open(launch_path(&c->launch, "blobs"), &c->blobs, err);
	if (rc == RC_OK)
		c->services.store =
			store_new(&(struct store_options){ .blobs = c->blobs, .bells = c->bells });
	return rc;
}

static const char *panel_url(struct launch *l)
{
	const char *given = config_text(l->config, "web.url");
	return given[0] ? given : arena_printf(&l->arena, "https://%s", l->hostname).ptr;
}

/* The first account is made by the database's owner: to the web role, without a tenant, nothing
 * is there and nothing can be made. */
static enum rc open_database(struct cli *c, const char *who, struct err *err)
{
	const char *conninfo;
	enum rc rc = launch_conninfo(&c->launch, who, &conninfo, err);

	if (rc == RC_OK) {
		db_close(c->ctx.db);
		c->ctx.db = db_open(conninfo, "cli");
		db_set_epoch(c->ctx.db, c->epoch);
	}
	return rc;
}

enum rc cli_act(struct cli *c, struct err *err)
{
	enum rc rc = open_database(c, "owner", err);
	if (rc != RC_OK)
		return rc;
	rc = actor_system(&c->ctx, "cli", &c->actor);
	if (rc == RC_NOT_FOUND)
		return err_set(err, rc, "account",
			"There is no account yet: mailstead account add LOGIN --role admin.");
	if (rc != RC_OK)
		return err_set(err, rc, "database",
			"The database does not answer; is the server running on %s?",
			c->launch.dir);
	rc = open_database(c, "web", err);
	if (rc == RC_OK)
		actor_enter(&c->ctx, &c->actor);
	return rc;
}

enum rc cli_open(struct cli *c, unsigned flags, struct err *err)
{
	log_init("cli", LOG_WARN);
	arena_init(&c->arena, 16384);
	c->ctx = (struct ctx){ .arena = &c->arena, .trace = "cli" };
	cli_renew_deadline(c);
	enum rc rc = launch_load(&c->launch, err);
	if (rc == RC_OK)
		rc = epoch_open(launch_path(&c->launch, "run"), &c->epoch, err);
	if (rc == RC_OK && (flags & CLI_NO_ACTOR))
		rc = open_database(c, "owner", err);
	if (rc != RC_OK)
		return rc;
	c->services.hostname = c->launch.hostname;
	c->services.addresses = config_text(c->launch.config, "addresses");
	const char *cert = config_text(c->launch.config, "tls.cert");
	c->services.tls_cert = cert[0] ? cert : launch_path(&c->launch, "tls/cert.pem");
	c->services.smtp_port = config_int(c->launch.config, "delivery.port");
	c->services.dns_lists = config_text(c->launch.config, "mail.dns_lists");
	c->services.dns_port = config_int(c->launch.config, "dns.authority_port");
	c->services.url = panel_url(&c->launch);
	rc = open_keys(c, err);
	if (rc == RC_OK)
		rc = open_store(c, err);
	return rc == RC_OK && !(flags & CLI_NO_ACTOR) ? cli_act(c, err) : rc;
}

void cli_close(struct cli *c)
{
	store_free(c->services.store);
	blob_store_close(c->blobs);
	bells_close(c->bells);
	keys_close(c->services.keys);
	db_close(c->ctx.db);
	epoch_close(c->epoch);
	arena_done(&c->arena);
	launch_done(&c->launch);
}

void cli_print_json(struct cli *c, const struct cJSON *json)
{
	struct str out = str_in(&c->arena, JSON_MAX);
	json_write(&c->arena, json, &out);
	printf(SPAN_FMT "\n", SPAN_ARG(str_span(&out)));
}

void cli_print_items(struct cli *c, struct cJSON *array)
{
	struct cJSON *root = json_object(&c->arena);
	json_add(&c->arena, root, "items", array);
	cli_print_json(c, root);
}

enum rc cli_password(struct cli *c, const char *given, struct span *out, struct err *err)
{
	char line[1100];

	if (!given)
		return err_set(err, RC_INVALID, "password",
			"A password is needed: --password TEXT, or --password - to read it from "
			"standard input.");
	if (strcmp(given, "-") == 0) {
		if (!fgets(line, sizeof line, stdin))
			return err_set(err, RC_INVALID, "password", "Standard input is empty.");
		line[strcspn(line, "\r\n")] = '\0';
		given = line;
	}
	*out = arena_span(&c->arena, span_of(given));
	return RC_OK;
}

static int usage(const char *object, const struct verb *verbs, size_t n, bool asked)
{
	FILE *to = asked ? stdout : stderr;

	fprintf(to, "Usage:\n");
	for (size_t i = 0; i < n; i++)
		fprintf(to, "  mailstead %s %s %-32s %s\n", object, verbs[i].name, verbs[i].usage,
			verbs[i].about);
	return asked ? 0 : 2;
}

static int run_verb(const char *object, const struct verb *v, int argc, char **argv)
{
	struct cli c = { 0 };
	struct err err = { 0 };
	char line[160];
	(void)snprintf(line, sizeof line, "%s %s %s", object, v->name, v->usage);
	struct options o = { .usage = line,
		.about = v->about,
		.rows = v->rows,
		.n_rows = v->n_rows,
		.min_args = v->min_args,
		.max_args = v->max_args,
		.launch = &c.launch };

	launch_init(&c.launch);
	int status = options_read(&o, argc, argv);
	if (status < 0) {
		c.json = o.json;
		enum rc rc = cli_open(&c, v->flags, &err);
		if (rc == RC_OK)
			rc = v->run(&c, &o, &err);
		err.rc = rc;
		status = rc == RC_OK ? 0 : cli_refuse(&err);
		cli_close(&c);
	} else {
		launch_done(&c.launch);
	}
	return status;
}

int cli_run_verb(
	const char *object, const struct verb *verbs, size_t n_verbs, int argc, char **argv)
{
	bool help = argc >= 2 && strcmp(argv[1], "--help") == 0;

	if (argc < 2 || help)
		return usage(object, verbs, n_verbs, help);
	for (size_t i = 0; i < n_verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(object, &verbs[i], argc - 1, argv + 1);
	}
	fprintf(stderr, "mailstead: there is no \"%s %s\".\n", object, argv[1]);
	return usage(object, verbs, n_verbs, false);
}
