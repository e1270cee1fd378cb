/*
 * What the commands that manage things stand on: the same services as API and panel, acting for
 * the machine's root (the first admin), over the web role's database log-in.
 *
 * A command: options_read -> cli_open -> service -> cli_print or cli_refuse -> cli_close.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "backend/cli/options.h"
#include "mailcore/base/ctx.h"

struct cJSON;
struct bells;
struct epoch;
struct blob_store;

struct cli {
	struct launch launch;
	struct arena arena;
	struct ctx ctx;
	struct services services;
	struct actor actor;
	bool json; /* --json */
	struct bells *bells;
	struct epoch *epoch;
	struct blob_store *blobs;
};

enum cli_flag {
	CLI_NO_ACTOR = 1, /* there may be no account yet */
};

/* RC_TEMP: the database does not answer (is the server running?). */
MUST_CHECK enum rc cli_open(struct cli *c, unsigned flags, struct err *err);
void cli_close(struct cli *c);
/* Acts for the first admin from here on (cli_open does it without CLI_NO_ACTOR). */
MUST_CHECK enum rc cli_act(struct cli *c, struct err *err);
/* Each service call gets a minute. */
void cli_renew_deadline(struct cli *c);

/* Prints the object or list as JSON. */
void cli_print_json(struct cli *c, const struct cJSON *json);
/* Prints {"items":[...]}. */
void cli_print_items(struct cli *c, struct cJSON *array);
/* A password from --password, or the first line of standard input for "-". */
MUST_CHECK enum rc cli_password(
	struct cli *c, const char *given, struct span *out, struct err *err);

/* One verb of an object's command: "mailbox add". */
struct verb {
	const char *name;
	const char *usage; /* after the verb: "ADDRESS [options]" */
	const char *about;
	size_t min_args, max_args;
	unsigned flags;
	enum rc (*run)(struct cli *c, const struct options *o, struct err *err);
	const struct option_row *rows;
	size_t n_rows;
};

/* Finds the verb in argv[1], reads options, opens, runs, closes. Exit status. */
int cli_run_verb(
	const char *object, const struct verb *verbs, size_t n_verbs, int argc, char **argv);
