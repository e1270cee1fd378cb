/* Records pushed by dynamic update. */
#include "backend/dns/push.h"

#include "backend/dns/domain_records.h"
#include "backend/dns/watch.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/random.h"
#include "mailcore/net/dns_direct.h"
#include "mailcore/net/update_send.h"

#define ASK_MS   6000
#define SEND_MS  10000
#define UNDO_MAX 262144

struct push {
	struct ctx *ctx;
	struct push_target target;
	struct dns_name zone;
	struct tsig_key key;
};

static enum rc open_push(const struct services *s, struct ctx *ctx, struct span domain,
	struct push *out, struct err *err)
{
	enum rc rc = push_target_open(s, ctx, domain, &out->target, err);

	out->ctx = ctx;
	if (rc != RC_OK)
		return rc;
	out->key.secret = out->target.key;
	if (!dns_name_parse(out->target.setting.zone, &out->zone) ||
		!dns_name_parse(out->target.setting.key_name, &out->key.name))
		return err_set(err, RC_INVALID, "key_name", "The key's name cannot be one of DNS.");
	return RC_OK;
}

static bool type_of(const char *name, enum dns_type *out)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "TXT", DNS_TXT },
		{ "SRV", DNS_SRV }, { "CAA", DNS_CAA }, { "TLSA", DNS_TLSA },
		{ "CNAME", DNS_CNAME } };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (span_eq(span_of(name), span_of(types[i].name))) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------------ what is there */

static enum rc read_sets(struct push *p, struct dns_direct *questions, size_t n,
	struct update_set **out, struct err *err)
{
	struct arena *a = p->ctx->arena;
	struct update_set *sets = arena_array(a, n, sizeof *sets);

	dns_direct_ask(p->ctx, "", questions, n, ASK_MS);
	for (size_t i = 0; i < n; i++) {
		if (questions[i].outcome != DIRECT_REPLIED)
			return err_set(err, RC_TEMP, "", "The name server does not answer.");
		if (!update_set_parse(
			    a, questions[i].reply, &questions[i].name, questions[i].type, &sets[i]))
			return err_set(err, RC_CONFLICT, "",
				"The name server does not answer for this zone.");
	}
	*out = sets;
	return RC_OK;
}

/* A name may be in use without records of the type that is asked for; only an alias minds. */
static size_t questions_of(struct push *p, const struct records *records, struct dns_direct *out,
	struct push_change *changes)
{
	size_t n = 0;

	for (size_t i = 0; i < records->len; i++) {
		const struct record *r = &records->items[i];
		struct push_change *c = &changes[n];
		if (r->label.len == 0 || !type_of(r->type, &c->type) ||
			!dns_name_parse(r->name, &c->name))
			continue;
		c->record = r;
		out[n] = (struct dns_direct){
			.server = p->target.server, .name = c->name, .type = c->type
		};
		n++;
	}
	return n;
}

static enum rc make_plan(
	const struct services *s, struct push *p, struct push_plan *out, struct err *err)
{
	struct arena *a = p->ctx->arena;
	struct records_known known;
	struct records records;
	struct update_set *sets;

	enum rc rc = domain_records(s, p->ctx, p->target.domain.name, false, &known, err);
	if (rc != RC_OK)
		return rc;
	records_wanted(a, &known.ask, &records);
	struct dns_direct *questions = arena_array(a, records.len, sizeof *questions);
	*out = (struct push_plan){ .items = arena_array(a, records.len, sizeof *out->items) };
	out->len = questions_of(p, &records, questions, out->items);
	rc = read_sets(p, questions, out->len, &sets, err);
	for (size_t i = 0; rc == RC_OK && i < out->len; i++) {
		struct push_change *c = &out->items[i];
		push_decide(a, c->record, &known.ask, &sets[i], c);
		out->n_changes += c->action == PUSH_ADD || c->action == PUSH_REPLACE;
	}
	return rc;
}

enum rc push_show(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_plan *out, struct err *err)
{
	struct push p;
	enum rc rc = open_push(s, ctx, domain, &p, err);

	return rc == RC_OK ? make_plan(s, &p, out, err) : rc;
}

/* ------------------------------------------------------------------------ the update */

struct batch {
	struct update_line *lines;
	size_t len;
	bool full;
};

static void batch_add(struct batch *b, enum update_op op, const struct dns_name *name,
	enum dns_type type, uint32_t ttl, struct span data)
{
	if (b->len == UPDATE_LINES_MAX) {
		b->full = true;
		return;
	}
	b->lines[b->len++] = (struct update_line){ op, *name, type, ttl, data };
}

/* The set as it was seen; once, however many of its records change. */
static void need_set(struct batch *b, const struct dns_name *name, enum dns_type type,
	const struct update_set *set)
{
	for (size_t i = 0; i < b->len; i++) {
		if (b->lines[i].op <= UPDATE_NEED_THIS && b->lines[i].type == type &&
			dns_name_eq(&b->lines[i].name, name))
			return;
	}
	if (set->len == 0)
		batch_add(b, type == DNS_CNAME ? UPDATE_NEED_FREE : UPDATE_NEED_NONE, name, type, 0,
			SPAN(""));
	for (size_t i = 0; i < set->len; i++)
		batch_add(b, UPDATE_NEED_THIS, name, type, 0, set->data[i]);
}

static enum rc refusal(enum update_answer answer, struct err *err)
{
	static const char *const sentences[] = {
		[UPDATE_CHANGED] =
			"Somebody has changed these records meanwhile. Look at the changes again.",
		[UPDATE_REFUSED] = "The name server does not let this key change the zone.",
		[UPDATE_BAD_KEY] =
			"The name server does not know this key, or has another secret for it.",
		[UPDATE_BAD_TIME] =
			"The clocks of the two servers differ by more than five minutes.",
		[UPDATE_FAILED] = "The name server could not change the zone.",
		[UPDATE_UNREADABLE] = "The name server's answer is none that can be trusted.",
	};

	return answer == UPDATE_DONE ? RC_OK
				     : err_set(err, RC_CONFLICT, "", "%s", sentences[answer]);
}

static enum rc send_batch(struct push *p, const struct batch *b, struct err *err)
{
	struct ctx *ctx = p->ctx;
	struct str request = str_in(ctx->arena, UPDATE_MESSAGE_MAX);
	unsigned char mac[TSIG_MAC_BYTES];
	struct span reply;
	uint16_t id;
	int64_t now_s = clock_now_us() / USEC_PER_SEC;

	random_bytes(&id, sizeof id);
	if (b->full || !update_build(&request, &p->zone, id, b->lines, b->len, &p->key, now_s, mac))
		return err_set(err, RC_LIMIT, "", "These are too many changes for one update.");
	if (update_exchange(ctx, &p->target.server, str_span(&request), SEND_MS, &reply) != RC_OK)
		return err_set(err, RC_TEMP, "",
			"The name server did not answer. Look whether the changes were made.");
	return refusal(
		update_answer_parse(reply, id, &p->key, mac, clock_now_us() / USEC_PER_SEC), err);
}

/* ------------------------------------------------------------------------ apply */

static void undo_add(struct arena *a, struct cJSON *list, bool adds, const struct dns_name *name,
	enum dns_type type, uint32_t ttl, struct span data)
{
	struct cJSON *o = json_object(a);
	struct str text = str_in(a, 4 * DNS_NAME_MAX + 1),
		   bytes = str_in(a, 2 * UPDATE_DATA_MAX + 1);

	dns_name_add(&text, name);
	hex_add(&bytes, data);
	json_add_bool(a, o, "add", adds);
	json_add_text(a, o, "name", str_span(&text));
	json_add_i64(a, o, "type", type);
	json_add_i64(a, o, "ttl", ttl);
	json_add_text(a, o, "data", str_span(&bytes));
	json_push(list, o);
}

static void add_change(
	struct arena *a, struct batch *b, struct cJSON *undo, const struct push_change *c)
{
	/* A set has one TTL: others' records keep theirs. */
	uint32_t ttl = c->set->len > 0 ? c->set->ttl : (uint32_t)c->record->ttl;

	need_set(b, &c->name, c->type, c->set);
	for (size_t i = 0; i < c->n_replaced; i++) {
		batch_add(b, UPDATE_DELETE, &c->name, c->type, 0, c->deleted[i]);
		undo_add(a, undo, true, &c->name, c->type, ttl, c->deleted[i]);
	}
	batch_add(b, UPDATE_ADD, &c->name, c->type, ttl, c->data);
	undo_add(a, undo, false, &c->name, c->type, ttl, c->data);
}

enum rc push_apply(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_plan *out, struct err *err)
{
	struct arena *a = ctx->arena;
	struct batch b = { .lines = arena_array(a, UPDATE_LINES_MAX, sizeof *b.lines) };
	struct cJSON *undo = json_array(a);
	struct str text = str_in(a, UNDO_MAX);
	struct push p;

	enum rc rc = open_push(s, ctx, domain, &p, err);
	if (rc == RC_OK)
		rc = make_plan(s, &p, out, err);
	if (rc != RC_OK || out->n_changes == 0 || ctx->actor->dry_run)
		return rc;
	for (size_t i = 0; i < out->len; i++) {
		if (out->items[i].action == PUSH_ADD || out->items[i].action == PUSH_REPLACE)
			add_change(a, &b, undo, &out->items[i]);
	}
	json_write(a, undo, &text);
	if (!str_ok(&text))
		return err_set(err, RC_LIMIT, "", "These are too many changes for one update.");
	rc = send_batch(&p, &b, err);
	if (rc == RC_OK)
		rc = push_note(
			ctx, &p.target, "push.apply", str_span(&text), push_plan_json(a, out));
	return rc;
}

/* ------------------------------------------------------------------------ undo */

struct undo_line {
	bool adds;
	struct dns_name name;
	enum dns_type type;
	uint32_t ttl;
	struct span data;
};

static bool undo_parse(struct arena *a, const struct cJSON *o, struct undo_line *out)
{
	struct str data = str_in(a, UPDATE_DATA_MAX);
	int64_t type, ttl;

	out->adds = json_true(json_get(o, "add"));
	if (!dns_name_parse(json_text(json_get(o, "name")), &out->name) ||
		!json_i64(json_get(o, "type"), &type) || !json_i64(json_get(o, "ttl"), &ttl) ||
		!hex_decode(json_text(json_get(o, "data")), &data))
		return false;
	out->type = (enum dns_type)type;
	out->ttl = (uint32_t)ttl;
	out->data = str_span(&data);
	return true;
}

static enum rc read_undo(struct push *p, struct undo_line **out, size_t *out_len, struct err *err)
{
	struct arena *a = p->ctx->arena;
	struct cJSON *list = NULL;

	if (p->target.undo.len == 0)
		return err_set(err, RC_CONFLICT, "", "There is no push to take back.");
	if (!json_parse(a, p->target.undo, &list, NULL))
		return RC_TEMP; /* we wrote it */
	*out = arena_array(a, json_len(list), sizeof **out);
	*out_len = 0;
	for (const struct cJSON *e = json_first(list); e; e = json_next(e)) {
		if (!undo_parse(a, e, &(*out)[(*out_len)++]))
			return RC_TEMP;
	}
	return RC_OK;
}

static bool set_has(const struct update_set *set, struct span data)
{
	for (size_t i = 0; i < set->len; i++) {
		if (span_eq(set->data[i], data))
			return true;
	}
	return false;
}

static enum rc undo_batch(
	struct push *p, const struct undo_line *lines, size_t n, struct batch *b, struct err *err)
{
	struct arena *a = p->ctx->arena;
	struct dns_direct *questions = arena_array(a, n, sizeof *questions);
	struct update_set *sets;

	for (size_t i = 0; i < n; i++)
		questions[i] = (struct dns_direct){
			.server = p->target.server, .name = lines[i].name, .type = lines[i].type
		};
	enum rc rc = read_sets(p, questions, n, &sets, err);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct undo_line *l = &lines[i];
		bool there = set_has(&sets[i], l->data);
		if (l->adds == there)
			return err_set(err, RC_CONFLICT, "",
				"Somebody has changed these records since. Nothing was taken back.");
		need_set(b, &l->name, l->type, &sets[i]);
		batch_add(b, l->adds ? UPDATE_ADD : UPDATE_DELETE, &l->name, l->type, l->ttl,
			l->data);
	}
	return rc;
}

enum rc push_undo(const struct services *s, struct ctx *ctx, struct span domain, struct err *err)
{
	struct batch b = { .lines = arena_array(ctx->arena, UPDATE_LINES_MAX, sizeof *b.lines) };
	struct undo_line *lines = NULL;
	struct push p;
	size_t n = 0;

	enum rc rc = open_push(s, ctx, domain, &p, err);
	if (rc == RC_OK)
		rc = read_undo(&p, &lines, &n, err);
	if (rc == RC_OK)
		rc = undo_batch(&p, lines, n, &b, err);
	if (rc != RC_OK || ctx->actor->dry_run)
		return rc;
	rc = send_batch(&p, &b, err);
	if (rc == RC_OK)
		rc = push_note(ctx, &p.target, "push.undo", SPAN(""), NULL);
	return rc;
}

/* ------------------------------------------------------------------------ JSON */

static struct cJSON *change_json(struct arena *a, const struct push_change *c)
{
	static const char *const actions[] = { [PUSH_KEEP] = "keep",
		[PUSH_ADD] = "add",
		[PUSH_REPLACE] = "replace",
		[PUSH_SKIP] = "skip" };
	struct cJSON *o = json_object(a), *replaced = json_array(a);

	json_add_cstr(a, o, "action", actions[c->action]);
	json_add_text(a, o, "name", c->record->name);
	json_add_cstr(a, o, "type", c->record->type);
	json_add_text(a, o, "value", c->value);
	for (size_t i = 0; i < c->n_replaced; i++)
		json_push_text(a, replaced, c->replaced[i]);
	json_add(a, o, "replaced", replaced);
	json_add_cstr(a, o, "why", c->why);
	return o;
}

struct cJSON *push_plan_json(struct arena *a, const struct push_plan *plan)
{
	struct cJSON *o = json_object(a), *list = json_array(a);

	for (size_t i = 0; i < plan->len; i++)
		json_push(list, change_json(a, &plan->items[i]));
	json_add(a, o, "changes", list);
	json_add_i64(a, o, "pending", (int64_t)plan->n_changes);
	return o;
}
