/* Making DKIM signatures. */
#include "mailcore/auth/canon.h"
#include "mailcore/auth/dkim.h"
#include "mailcore/auth/signed_fields.h"
#include "mailcore/auth/tag_list.h"
#include "mailcore/base/base64.h"
#include "mailcore/mime/build.h"

#define FIELD_NAME    "DKIM-Signature"
#define PIECE_WIDTH   70 /* between two places for a fold */
#define SIGNATURE_MAX 1024

/* One entry more in h= than there are: none can be added (REQUIREMENTS 25). */
static const char *const oversigned[] = {
	"From",
	"Subject",
	"To",
	"Cc",
	"Date",
	"Message-ID",
	"Reply-To",
	"MIME-Version",
	"Content-Type",
	"Content-Transfer-Encoding",
	"List-Id",
	"List-Help",
	"List-Unsubscribe",
	"List-Unsubscribe-Post",
	"List-Subscribe",
	"List-Post",
	"List-Owner",
	"List-Archive",
};
/* Signed as they are: relays and lists add some of these with good reason. */
static const char *const signed_if_there[] = {
	"Sender",
	"In-Reply-To",
	"References",
	"Resent-From",
	"Resent-To",
	"Resent-Cc",
	"Resent-Date",
	"Resent-Message-ID",
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- the body --- */

struct dkim_body {
	struct body_hash hash;
};

struct dkim_body *dkim_body_begin(struct arena *a)
{
	struct dkim_body *b = arena_alloc(a, sizeof *b);

	body_hash_init(&b->hash, true, UINT64_MAX);
	return b;
}

void dkim_body_add(struct dkim_body *b, struct span bytes)
{
	body_hash_add(&b->hash, bytes);
}

void dkim_body_end(struct dkim_body *b, unsigned char out[32])
{
	body_hash_end(&b->hash, out);
	body_hash_done(&b->hash);
}

void dkim_body_abort(struct dkim_body *b)
{
	body_hash_done(&b->hash);
}

/* --- the field --- */

/* Folds are made at spaces: one where the line would become too long. */
static void add_piece(struct str *out, size_t *column, struct span piece)
{
	if (*column + piece.len > PIECE_WIDTH) {
		str_add_c(out, ' ');
		*column = 0;
	}
	str_add(out, piece);
	*column += piece.len;
}

static void add_base64(struct str *out, struct span bytes)
{
	char room[(SIGNATURE_MAX + 2) / 3 * 4];
	struct str text = { .ptr = room, .cap = sizeof room, .max = sizeof room };
	size_t column = 2; /* "b=" */

	base64_add(&text, bytes);
	for (struct span rest = str_span(&text); rest.len > 0;) {
		struct span piece = span_sub(
			rest, 0, column < PIECE_WIDTH ? PIECE_WIDTH - column : PIECE_WIDTH);
		add_piece(out, &column, piece);
		rest = span_from(rest, piece.len);
	}
}

/* h= with every name as often as it is there, and once more. */
static enum rc add_names(struct str *out, struct signed_fields *fields)
{
	size_t total = 0, column = 2; /* "h=" */

	for (size_t i = 0; i < COUNT(oversigned) + COUNT(signed_if_there); i++) {
		bool over = i < COUNT(oversigned);
		const char *name = over ? oversigned[i] : signed_if_there[i - COUNT(oversigned)];
		size_t n = signed_fields_count(fields, span_of(name)) + over;
		total += n;
		if (total > DKIM_SIGNED_MAX)
			return RC_LIMIT;
		for (; n > 0; n--) {
			add_piece(out, &column, span_of(name));
			str_add_c(out, ':');
			column++;
		}
	}
	out->len--; /* the last colon */
	return RC_OK;
}

/* Everything up to "b=". */
static enum rc add_tags(struct str *out, const struct dkim_signer *s, struct signed_fields *fields,
	const unsigned char body_hash[DKIM_HASH_SIZE], int64_t now_s)
{
	str_addf(out, "v=1; a=" SPAN_FMT "-sha256; c=relaxed/relaxed; d=" SPAN_FMT "; s=" SPAN_FMT,
		SPAN_ARG(s->algorithm), SPAN_ARG(s->domain), SPAN_ARG(s->selector));
	str_addf(out, "; t=%lld; h=", (long long)now_s);
	enum rc rc = add_names(out, fields);
	if (rc != RC_OK)
		return rc;
	str_add(out, SPAN("; bh="));
	base64_add(out, span_make(body_hash, DKIM_HASH_SIZE));
	str_add(out, SPAN("; b="));
	return RC_OK;
}

/* What is signed: the fields, then this one with an empty b=. */
static enum rc add_signed_data(
	struct arena *a, struct str *data, struct signed_fields *fields, struct span value)
{
	struct str field_text = str_in(a, DKIM_FIELD_MAX);
	struct header_field field;
	struct tag_list tags;

	if (header_write(&field_text, FIELD_NAME, value) != RC_OK ||
		!header_find(str_span(&field_text), SPAN(FIELD_NAME), &field) ||
		!tag_list_parse(field.value, &tags))
		return RC_INVALID;
	signed_fields_add(fields, data, tag_list_value(&tags, SPAN("h")), SPAN_NONE, true);
	canon_signature_add(data, &field, SPAN_NONE, true);
	return str_ok(data) ? RC_OK : RC_LIMIT;
}

enum rc dkim_sign(struct ctx *ctx, const struct dkim_signer *signer, struct span head,
	const unsigned char body_hash[32], int64_t now_s, struct str *out)
{
	struct signed_fields fields;
	struct str value = str_in(ctx->arena, DKIM_FIELD_MAX);
	struct str signature = str_in(ctx->arena, SIGNATURE_MAX);

	enum rc rc = signed_fields_init(ctx->arena, head, &fields);
	if (rc != RC_OK)
		return rc;
	struct str data = str_in(ctx->arena, head.len + 2 * fields.len + DKIM_FIELD_MAX);
	rc = add_tags(&value, signer, &fields, body_hash, now_s);
	if (rc == RC_OK)
		rc = add_signed_data(ctx->arena, &data, &fields, str_span(&value));
	if (rc == RC_OK)
		rc = signer->sign(signer->arg, ctx, signer->selector, str_span(&data), &signature);
	if (rc != RC_OK)
		return rc;
	add_base64(&value, str_span(&signature));
	return header_write(out, FIELD_NAME, str_span(&value));
}
