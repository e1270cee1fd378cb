/* `check lines`: one JSON request a line. */
#include "backend/cli/check_lines.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "backend/cli/auth_json.h"
#include "backend/cli/dkim_json.h"
#include "backend/cli/dns_json.h"
#include "backend/cli/dns_lines.h"
#include "backend/cli/mime_json.h"
#include "backend/cli/options.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"

#define LINE_MAX_LEN ((size_t)64 << 20)
#define ANSWER_MS    30000 /* one request's DNS, all in all */
#define QUESTION_MS  5000

struct cJSON *check_error(const char *sentence)
{
	cJSON *out = cJSON_CreateObject();
	cJSON_AddStringToObject(out, "error", sentence);
	return out;
}

struct span check_text(const struct check *c, const char *member)
{
	return span_of(cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive((const cJSON *)c->request, member)));
}

/* --- operations --- */

static cJSON *value_op(const struct check *c, cJSON *(*run)(struct span value))
{
	struct span value = check_text(c, "value");
	return value.ptr ? run(value) : check_error("The request has no \"value\".");
}

static cJSON *op_ctype(const struct check *c)
{
	return value_op(c, content_type_json);
}

static cJSON *op_date(const struct check *c)
{
	return value_op(c, date_json);
}

static cJSON *op_address(const struct check *c)
{
	return value_op(c, addresses_json);
}

/* What the API's JSON reader accepts. */
static cJSON *op_json(const struct check *c)
{
	struct span text = check_text(c, "data_b64");
	struct str bytes = str_in(c->ctx->arena, text.len);
	struct cJSON *value;

	if (!text.ptr || !base64_decode(text, &bytes))
		return check_error("The request's \"data_b64\" is no base64.");
	cJSON *out = cJSON_CreateObject();
	cJSON_AddBoolToObject(out, "ok", json_parse(c->ctx->arena, str_span(&bytes), &value, NULL));
	return out;
}

static const struct {
	const char *name;
	cJSON *(*run)(const struct check *c);
} ops[] = {
	{ "ctype", op_ctype },
	{ "date", op_date },
	{ "address", op_address },
	{ "arc", op_arc },
	{ "dkim", op_dkim },
	{ "dmarc", op_dmarc },
	{ "dns", op_dns },
	{ "json", op_json },
	{ "spf", op_spf },
	{ "zone", op_zone },
};

/* --- one request --- */

static cJSON *run_op(const struct check *c)
{
	struct span op = check_text(c, "op");

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		if (span_eq(op, span_of(ops[i].name)))
			return ops[i].run(c);
	}
	return check_error("There is no such operation.");
}

/* With the DNS that the request brings along. */
static cJSON *answer_given(struct check *c, const cJSON *dns)
{
	const char *problem;

	struct dns_given *zone = dns_given_from_json(dns, &problem);
	if (!zone)
		return check_error(problem);
	c->resolver = resolver_open_given(zone);
	cJSON *out = run_op(c);
	resolver_close(c->resolver);
	dns_given_free(zone);
	return out;
}

static cJSON *answer(const cJSON *request, struct resolver *resolver)
{
	const cJSON *dns = cJSON_GetObjectItemCaseSensitive(request, "dns");
	struct arena arena;
	struct ctx ctx = { .arena = &arena,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + ANSWER_MS };
	struct check c = { .request = request, .ctx = &ctx, .resolver = resolver };

	arena_init(&arena, 16384);
	cJSON *out = dns ? answer_given(&c, dns) : run_op(&c);
	arena_done(&arena);
	return out;
}

/* cJSON ends a text at \u0000, which nothing that is checked here may hold: let it be seen as
 * another character that nothing may hold. */
static void replace_nul(struct str *line)
{
	for (size_t i = 0; i + 6 <= line->len; i++) {
		if (line->ptr[i] != '\\')
			continue;
		if (memcmp(line->ptr + i, "\\u0000", 6) == 0)
			memcpy(line->ptr + i, "\\ufffd", 6);
		i++; /* what is escaped is no backslash of its own */
	}
}

static cJSON *answer_line(struct str *text, struct resolver *resolver)
{
	struct span line = str_span(text);
	const char *end = NULL;

	replace_nul(text);
	/* cJSON takes malformed UTF-8 and garbage behind the value. */
	cJSON *request = utf8_valid(line)
		? cJSON_ParseWithLengthOpts(line.ptr, line.len, &end, false)
		: NULL;
	bool whole =
		request && span_trim(span_make(end, (size_t)(line.ptr + line.len - end))).len == 0;
	cJSON *out = whole ? answer(request, resolver) : check_error("The line is no JSON.");

	cJSON_Delete(request);
	return out;
}

/* --- input and output --- */

static bool print_json(cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;

	cJSON_free(text);
	cJSON_Delete(json);
	return ok;
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

static int refuse(const char *sentence)
{
	struct err err;
	(void)err_set(&err, RC_INVALID, "", "%s", sentence);
	return cli_refuse(&err);
}

int check_lines(const char *server)
{
	struct resolver *resolver = resolver_open(server ? server : "", QUESTION_MS);
	struct str line;
	str_init(&line, LINE_MAX_LEN);
	int got = read_line(stdin, &line);
	bool written = true;

	for (; got > 0 && written; got = read_line(stdin, &line))
		written = print_json(answer_line(&line, resolver));
	str_done(&line);
	resolver_close(resolver);
	if (got < 0)
		return refuse("A request is longer than 64 MiB.");
	return written ? 0 : refuse("The answer cannot be written.");
}
