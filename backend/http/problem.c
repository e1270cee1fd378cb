/* Why a request was not served: the one translation of rc for API and pages. */
#include "backend/http/reply.h"

struct words {
	int status;
	const char *code;
	const char *detail;
};

static struct words words_of(enum rc rc)
{
	switch (rc) {
	case RC_NOT_FOUND:
		return (struct words){ 404, "not_found", "There is nothing here." };
	case RC_EXISTS:
		return (struct words){ 409, "exists", "This exists already." };
	case RC_INVALID:
		return (struct words){ 422, "invalid", "The input is not valid." };
	case RC_DENIED:
		return (struct words){ 403, "forbidden", "This is not allowed." };
	case RC_LIMIT:
		return (struct words){ 429, "limit", "A limit is reached." };
	case RC_CONFLICT:
		return (struct words){ 409, "conflict", "This does not fit the present state." };
	case RC_TEMP:
	case RC_CLOSED:
		return (struct words){ 503, "try_again",
			"This does not work right now. Please try again in a moment." };
	case RC_OK:
		break;
	}
	return (struct words){ 500, "internal", "Something went wrong on our side." };
}

struct problem problem_of(struct ctx *ctx, enum rc rc, const struct err *err)
{
	struct words words = words_of(rc);
	struct problem p = { words.status, words.code, span_of(words.detail), NULL, 0 };

	if (!err || err->rc != rc || !err->text[0])
		return p;
	p.detail = arena_span(ctx->arena, span_of(err->text));
	if (rc == RC_CONFLICT && strcmp(err->field, "if_match") == 0) {
		p.status = 412;
		p.code = "version_mismatch";
		return p;
	}
	if (!err->field[0])
		return p;
	if (rc == RC_LIMIT) /* how much somebody may have, not how often something may be tried */
		p.status = 409;
	struct field_error *field = arena_zalloc(ctx->arena, sizeof *field);
	field->field = arena_span(ctx->arena, span_of(err->field));
	field->code = words.code;
	field->detail = p.detail;
	p.errors = field;
	p.n_errors = 1;
	return p;
}
