/*
 * check: what the parsers and verifiers make of a message, without server and database.
 *
 * `check mime` reads one message; `check lines` is in check_lines.c.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

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

static int refuse(const char *sentence)
{
	struct err err;
	(void)err_set(&err, RC_INVALID, "", "%s", sentence);
	return cli_refuse(&err);
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

static int check_mime(void)
{
	struct str message;
	str_init(&message, MESSAGE_MAX);
	bool ok = read_all(stdin, &message);
	int status = 1;

	if (!ok)
		(void)refuse("The message cannot be read, or is larger than 1 GiB.");
	else if (!print_json(mime_json(str_span(&message))))
		(void)refuse("The answer cannot be written.");
	else
		status = 0;
	str_done(&message);
	return status;
}

int cmd_check(int argc, char **argv)
{
	const char *resolver = NULL;
	const struct option_row rows[] = {
		{ "--resolver", "HOST:PORT", "ask this DNS server", &resolver },
	};
	struct options o = {
		.usage = "check mime < MESSAGE | check lines < REQUESTS",
		.about = "Show what the parsers make of a message, or of one JSON request a line.",
		.rows = rows,
		.n_rows = 1,
		.min_args = 1,
		.max_args = 1,
	};
	int status = options_read(&o, argc, argv);

	if (status >= 0)
		return status;
	if (strcmp(o.args[0], "mime") == 0)
		return check_mime();
	if (strcmp(o.args[0], "lines") == 0)
		return check_lines(resolver);
	fprintf(stderr, "mailstead: there is no check \"%s\".\nUsage: mailstead %s\n", o.args[0],
		o.usage);
	return 2;
}
