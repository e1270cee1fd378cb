/*
 * check: what the parsers and verifiers make of a message, without server and database.
 *
 * `check mime` and `check auth` read one message; `check lines` is in check_lines.c.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "backend/cli/check_auth.h"
#include "backend/cli/check_lines.h"
#include "backend/cli/commands.h"
#include "backend/cli/mime_json.h"
#include "backend/cli/options.h"
#include "mailcore/base/str.h"

#define MESSAGE_MAX ((size_t)1 << 30)

static bool print_json(cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;

	cJSON_free(text);
	cJSON_Delete(json);
	return ok;
}

/* --- one message --- */

static bool read_all(FILE *in, struct str *out)
{
	size_t got;

	do {
		char *room = str_reserve(out, 1 << 16);
		if (!room)
			return false;
		got = fread(room, 1, 1 << 16, in);
		out->len += got;
	} while (got > 0);
	return ferror(in) == 0;
}

static enum rc read_message(struct str *out, struct err *err)
{
	str_init(out, MESSAGE_MAX);
	if (read_all(stdin, out))
		return RC_OK;
	return err_set(err, RC_INVALID, "", "The message cannot be read, or is larger than 1 GiB.");
}

/* --- the checks --- */

static enum rc run_mime(const struct check_auth_ask *ask, cJSON **out, struct err *err)
{
	struct str message;

	(void)ask;
	enum rc rc = read_message(&message, err);
	if (rc == RC_OK)
		*out = mime_json(str_span(&message));
	str_done(&message);
	return rc;
}

static enum rc run_auth(const struct check_auth_ask *ask, cJSON **out, struct err *err)
{
	struct str message;

	enum rc rc = read_message(&message, err);
	if (rc == RC_OK)
		rc = check_auth(ask, str_span(&message), out, err);
	str_done(&message);
	return rc;
}

static const struct {
	const char *name;
	enum rc (*run)(const struct check_auth_ask *ask, cJSON **out, struct err *err);
} checks[] = {
	{ "auth", run_auth },
	{ "mime", run_mime },
	{ "spf", check_spf },
};

static int run(size_t which, const struct check_auth_ask *ask)
{
	struct err err = { 0 };
	cJSON *json;

	if (checks[which].run(ask, &json, &err) != RC_OK)
		return cli_refuse(&err);
	if (print_json(json))
		return 0;
	(void)err_set(&err, RC_TEMP, "", "The answer cannot be written.");
	return cli_refuse(&err);
}

int cmd_check(int argc, char **argv)
{
	struct check_auth_ask ask = { 0 };
	const struct option_row rows[] = {
		{ "--ip", "IP", "spf, auth: the address of the sending server", &ask.ip },
		{ "--from", "ADDRESS", "spf, auth: MAIL FROM, empty for a bounce", &ask.from },
		{ "--helo", "NAME", "spf, auth: what it says in EHLO", &ask.helo },
		{ "--resolver", "HOST:PORT", "ask this DNS server", &ask.server },
	};
	struct options o = {
		.usage = "check mime|auth|spf|lines [options] < INPUT",
		.about = "Show what the server makes of a message (mime, auth), of a sender (spf), "
			 "or of one JSON request a line.",
		.rows = rows,
		.n_rows = sizeof rows / sizeof rows[0],
		.min_args = 1,
		.max_args = 1,
	};
	int status = options_read(&o, argc, argv);

	if (status >= 0)
		return status;
	if (strcmp(o.args[0], "lines") == 0)
		return check_lines(ask.server);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		if (strcmp(o.args[0], checks[i].name) == 0)
			return run(i, &ask);
	}
	fprintf(stderr, "mailstead: there is no check \"%s\".\nUsage: mailstead %s\n", o.args[0],
		o.usage);
	return 2;
}
