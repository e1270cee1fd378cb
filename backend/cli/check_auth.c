/* `check spf` and `check auth`. */
#include "backend/cli/check_auth.h"

#include <cjson/cJSON.h>
#include <unistd.h>

#include "backend/cli/auth_json.h"
#include "backend/cli/dkim_json.h"
#include "backend/cli/mbox.h"
#include "mailcore/auth/auth_results.h"
#include "mailcore/base/clock.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/header.h"

#define ANSWER_MS   20000
#define QUESTION_MS 5000

struct asking {
	struct arena arena;
	struct ctx ctx;
	struct resolver *resolver;
	struct auth_query query;
	char hostname[256];
};

/* "<joe@a.test>" or without brackets. */
static struct span address_of(const char *text)
{
	struct span address = span_of(text);

	if (address.len >= 2 && address.ptr[0] == '<' && address.ptr[address.len - 1] == '>')
		return span_sub(address, 1, address.len - 2);
	return address;
}

static enum rc asking_open(struct asking *a, const struct check_auth_ask *ask, struct err *err)
{
	*a = (struct asking){ .query = { .helo = span_of(ask->helo),
				      .mail_from = address_of(ask->from) } };
	if (!ask->ip || !addr_parse(span_of(ask->ip), &a->query.ip))
		return err_set(err, RC_INVALID, "ip", "--ip must be an IP address.");
	if (a->query.helo.len == 0 && a->query.mail_from.len == 0)
		return err_set(err, RC_INVALID, "from", "--from or --helo must say who sends.");
	if (gethostname(a->hostname, sizeof a->hostname - 1) != 0 || a->hostname[0] == '\0')
		a->hostname[0] = '-';
	a->query.hostname = a->hostname;
	arena_init(&a->arena, 65536);
	a->ctx = (struct ctx){ .arena = &a->arena,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + ANSWER_MS };
	a->resolver = resolver_open(ask->server ? ask->server : "", QUESTION_MS);
	return RC_OK;
}

static void asking_close(struct asking *a)
{
	resolver_close(a->resolver);
	arena_done(&a->arena);
}

enum rc check_spf(const struct check_auth_ask *ask, struct cJSON **out, struct err *err)
{
	struct asking a;
	struct spf_result result;

	enum rc rc = asking_open(&a, ask, err);
	if (rc != RC_OK)
		return rc;
	struct spf_query query = { .ip = a.query.ip,
		.helo = a.query.helo,
		.mail_from = a.query.mail_from,
		.receiver = span_of(a.hostname) };
	spf_check(a.resolver, &a.ctx, &query, &result);
	*out = spf_json(&a.arena, &result);
	asking_close(&a);
	return RC_OK;
}

static cJSON *iprev_json(struct arena *a, const struct iprev_result *iprev)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "result", auth_result_name(iprev->result));
	cJSON_AddStringToObject(out, "name", arena_cstr(a, iprev->name));
	return out;
}

/* The field as the server would write it, on one line. */
static cJSON *header_json(const struct asking *a, const struct auth_verdicts *v)
{
	struct str value, line;

	str_init(&value, AUTH_RESULTS_MAX);
	str_init(&line, AUTH_RESULTS_MAX + 64);
	auth_results_add(&value, a->hostname, &a->query, v);
	str_addf(&line, "Authentication-Results: " SPAN_FMT, SPAN_ARG(str_span(&value)));
	cJSON *out = cJSON_CreateString(str_cstr(&line));
	str_done(&value);
	str_done(&line);
	return out;
}

static cJSON *verdicts_json(struct asking *a, const struct auth_verdicts *v)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddItemToObject(out, "iprev", iprev_json(&a->arena, &v->iprev));
	cJSON_AddItemToObject(out, "spf", spf_json(&a->arena, &v->spf));
	cJSON_AddItemToObject(out, "helo", spf_json(&a->arena, &v->helo));
	cJSON_AddItemToObject(out, "dkim", dkim_json(&a->arena, &v->dkim));
	cJSON_AddItemToObject(out, "dmarc", dmarc_json(&a->arena, &v->dmarc));
	cJSON_AddItemToObject(out, "arc", arc_json(&a->arena, &v->arc));
	cJSON_AddItemToObject(out, "header", header_json(a, v));
	return out;
}

enum rc check_auth(
	const struct check_auth_ask *ask, struct span message, struct cJSON **out, struct err *err)
{
	struct asking a;
	struct auth_verdicts verdicts;

	enum rc rc = asking_open(&a, ask, err);
	if (rc != RC_OK)
		return rc;
	if (span_find_pair(message, '\r', '\n') == SPAN_NPOS)
		message = message_with_crlf(&a.arena, message); /* out of a file */
	size_t head_len = header_block_len(message);
	struct auth_check *check =
		auth_begin(a.resolver, &a.arena, &a.query, span_sub(message, 0, head_len));
	auth_body(check, span_from(message, head_len));
	auth_end(check, &a.ctx, &verdicts);
	*out = verdicts_json(&a, &verdicts);
	asking_close(&a);
	return RC_OK;
}
