/*
 * check: what the parsers and verifiers make of a message, without server and database.
 *
 * `check mime` reads one message; `check lines` answers one JSON request a line, in order.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "backend/cli/commands.h"
#include "backend/cli/mime_json.h"
#include "backend/cli/options.h"
#include "mailcore/base/arena.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"

#define MESSAGE_MAX  ((size_t)1 << 30)
#define LINE_MAX_LEN ((size_t)64 << 20)

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

/* --- lines --- */

static const struct {
	const char *name;
	cJSON *(*run)(struct span value);
} value_ops[] = {
	{ "ctype", content_type_json },
	{ "date", date_json },
	{ "address", addresses_json },
};

static cJSON *error_json(const char *sentence)
{
	cJSON *out = cJSON_CreateObject();
	cJSON_AddStringToObject(out, "error", sentence);
	return out;
}

static cJSON *answer(const cJSON *request)
{
	const char *op = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "op"));
	const char *value =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "value"));

	for (size_t i = 0; op && i < sizeof value_ops / sizeof value_ops[0]; i++) {
		if (strcmp(op, value_ops[i].name) == 0)
			return value ? value_ops[i].run(span_of(value))
				     : error_json("The request has no \"value\".");
	}
	return error_json("There is no such operation.");
}

static cJSON *answer_line(struct span line)
{
	/* cJSON takes malformed UTF-8 and garbage behind the value. */
	const char *end = NULL;
	cJSON *request = utf8_valid(line)
		? cJSON_ParseWithLengthOpts(line.ptr, line.len, &end, false)
		: NULL;
	bool whole =
		request && span_trim(span_make(end, (size_t)(line.ptr + line.len - end))).len == 0;
	cJSON *out = whole ? answer(request) : error_json("The line is no JSON.");

	cJSON_Delete(request);
	return out;
}

/* 1: a line, with its end; 0: the end of the input; -1: too long. */
static int read_line(FILE *in, struct str *line)
{
	str_clear(line);
	for (;;) {
		int c = getc_unlocked(in);
		if (c == EOF)
			return line->len > 0;
		str_add_c(line, (char)c);
		if (!str_ok(line))
			return -1;
		if (c == '\n')
			return 1;
	}
}

static int check_lines(void)
{
	struct str line;
	str_init(&line, LINE_MAX_LEN);
	int got = read_line(stdin, &line);
	bool written = true;

	for (; got > 0 && written; got = read_line(stdin, &line))
		written = print_json(answer_line(str_span(&line)));
	str_done(&line);
	if (got < 0)
		return refuse("A request is longer than 64 MiB.");
	return written ? 0 : refuse("The answer cannot be written.");
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
		return check_lines();
	fprintf(stderr, "mailstead: there is no check \"%s\".\nUsage: mailstead %s\n", o.args[0],
		o.usage);
	return 2;
}
