/* DKIM and ARC as JSON. */
#include "backend/cli/dkim_json.h"

#include <cjson/cJSON.h>

#include "backend/cli/mbox.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/header.h"

#define TIME_MAX 1e12 /* seconds; far enough */

static void add_text(cJSON *out, const char *name, struct arena *a, struct span text)
{
	struct str utf8 = str_in(a, 3 * text.len);

	utf8_add_valid(&utf8, text);
	cJSON_AddStringToObject(out, name, str_cstr(&utf8));
}

cJSON *dkim_json(struct arena *a, const struct dkim_results *results)
{
	cJSON *out = cJSON_CreateArray();

	for (size_t i = 0; i < results->len; i++) {
		const struct dkim_result *r = &results->items[i];
		cJSON *one = cJSON_CreateObject();
		add_text(one, "domain", a, r->domain);
		add_text(one, "selector", a, r->selector);
		add_text(one, "algorithm", a, r->algorithm);
		cJSON_AddStringToObject(one, "result", auth_result_name(r->result));
		add_text(one, "reason", a, r->reason);
		cJSON_AddItemToArray(out, one);
	}
	return out;
}

cJSON *arc_json(struct arena *a, const struct arc_result *arc)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "result", auth_result_name(arc->result));
	cJSON_AddNumberToObject(out, "sets", arc->sets);
	add_text(out, "reason", a, arc->reason);
	return out;
}

/* --- operations --- */

static bool take_message(const struct check *c, struct span *out_head, struct span *out_body)
{
	struct span text = check_text(c, "message_b64");
	struct str bytes = str_in(c->ctx->arena, text.len);

	if (!text.ptr || !base64_decode(text, &bytes))
		return false;
	struct span message = str_span(&bytes);
	if (span_find_pair(message, '\r', '\n') == SPAN_NPOS)
		message = message_with_crlf(c->ctx->arena, message); /* out of a file */
	size_t len = header_block_len(message);
	*out_head = span_sub(message, 0, len);
	*out_body = span_from(message, len);
	return true;
}

static int64_t time_of(const struct check *c)
{
	const cJSON *now = cJSON_GetObjectItemCaseSensitive((const cJSON *)c->request, "now");
	bool given = cJSON_IsNumber(now) && now->valuedouble >= 0 && now->valuedouble < TIME_MAX;

	return given ? (int64_t)now->valuedouble : c->ctx->now_us / USEC_PER_SEC;
}

cJSON *op_dkim(const struct check *c)
{
	struct span head, body;
	struct dkim_results results;

	if (!take_message(c, &head, &body))
		return check_error("The request's \"message_b64\" is no base64.");
	struct dkim_verifier *v = dkim_verify_begin(c->ctx->arena, head);
	dkim_verify_body(v, body);
	dkim_verify_end(v, c->resolver, c->ctx, time_of(c), &results);

	cJSON *out = cJSON_CreateObject();
	cJSON *words = cJSON_AddArrayToObject(out, "results");
	for (size_t i = 0; i < results.len; i++)
		cJSON_AddItemToArray(
			words, cJSON_CreateString(auth_result_name(results.items[i].result)));
	cJSON_AddItemToObject(out, "signatures", dkim_json(c->ctx->arena, &results));
	return out;
}

cJSON *op_arc(const struct check *c)
{
	struct span head, body;
	struct arc_result result;

	if (!take_message(c, &head, &body))
		return check_error("The request's \"message_b64\" is no base64.");
	c->ctx->now_us = time_of(c) * USEC_PER_SEC;
	struct arc_verifier *v = arc_verify_begin(c->ctx->arena, head);
	arc_verify_body(v, body);
	arc_verify_end(v, c->resolver, c->ctx, &result);
	return arc_json(c->ctx->arena, &result);
}
