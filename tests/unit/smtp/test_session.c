/*
 * mailcore/smtp as a whole, on a connection, directory and intake that are fakes: dialogues in
 * every split, state after every sequence of commands, what is let into the message, limits.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailcore/base/log.h"
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/deliver/received.h"
#include "mailcore/directory/login.h"
#include "mailcore/directory/recipient_cache.h"
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/session.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- the connection --------------------------------------------------------------------------- */

struct conn {
	void *session;
	struct smtp_options *options;
	struct str in, out;
	size_t frame_len;
	struct addr peer;
	bool tls, can_tls, exempt, stressed, unheard;
	int64_t delay_ms;
	enum step last;
};

static struct refusal noted;
static char noted_text[1024];
static unsigned posted;

void *conn_arg(const struct conn *c)
{
	return c->options;
}
void *conn_session(const struct conn *c)
{
	return c->session;
}
void conn_set_session(struct conn *c, void *session)
{
	c->session = session;
}
struct str *conn_out(struct conn *c)
{
	return &c->out;
}
const struct addr *conn_peer(const struct conn *c)
{
	return &c->peer;
}
const char *conn_listener(const struct conn *c)
{
	return "smtp";
}
const char *conn_id(const struct conn *c)
{
	return "c1";
}
bool conn_is_tls(const struct conn *c)
{
	return c->tls;
}
bool conn_can_tls(const struct conn *c)
{
	return c->can_tls && !c->tls;
}
const char *conn_tls_version(const struct conn *c)
{
	return "TLSv1.3";
}
const char *conn_tls_cipher(const struct conn *c)
{
	return "X";
}
bool conn_is_exempt(const struct conn *c)
{
	return c->exempt;
}
size_t conn_pending(const struct conn *c)
{
	return c->in.len - c->frame_len;
}
struct loop *conn_loop(struct conn *c)
{
	return NULL;
}
void conn_set_deadline(struct conn *c, int64_t ms)
{
}
void conn_set_stranger_deadline(struct conn *c, int64_t ms)
{
}
bool conn_is_stressed(const struct conn *c)
{
	return c->stressed;
}
bool conn_has_input(const struct conn *c)
{
	return c->in.len > 0;
}
bool conn_is_unheard(const struct conn *c)
{
	return c->unheard;
}
bool helo_is_name(struct span helo)
{
	return span_find(helo, '!') == SPAN_NPOS;
}
void conn_delay(struct conn *c, int64_t ms)
{
	c->delay_ms = ms;
}

void refused_note(struct refused **list, const struct refusal *what)
{
	*list = (struct refused *)1;
	noted = *what;
	assert_true(utf8_valid(what->text));
	snprintf(noted_text, sizeof noted_text, SPAN_FMT, SPAN_ARG(what->text));
}
void refused_post(struct refused **list, struct loop *l)
{
	posted += *list != NULL;
	*list = NULL;
}

/* --- directory and intake --------------------------------------------------------------------- */

static struct {
	struct str stored;     /* of the newest committed message */
	unsigned messages;     /* committed */
	unsigned open_intakes; /* opened and not yet closed */
	unsigned added;        /* recipients of the newest message */
	char mail_from[300], protocol[20];
	enum rc resolve_rc, write_rc, commit_rc, login_rc, may_send_rc;
	const char *commit_status;
	bool disk_full;
	unsigned refused;  /* messages, at their end, by us */
	char signals[200]; /* of the newest message */
} world;

struct intake {
	struct str bytes;
	unsigned rcpts;
	const struct intake_source *source;
};

static void note_signals(const struct intake_source *source)
{
	world.signals[0] = '\0';
	for (size_t i = 0; i < source->n_signals; i++) {
		size_t len = strlen(world.signals);
		assert_true(source->signals[i].text.len > 0);
		snprintf(world.signals + len, sizeof world.signals - len, "%s ",
			source->signals[i].name);
	}
}

bool intake_has_room(const struct intake_env *env, uint64_t size)
{
	return !world.disk_full;
}

struct intake *intake_open(
	const struct intake_env *env, struct ctx *ctx, const struct intake_source *source)
{
	struct intake *in = heap_zalloc(sizeof *in);
	str_init(&in->bytes, env->max_size);
	in->source = source;
	world.open_intakes++;
	snprintf(world.mail_from, sizeof world.mail_from, SPAN_FMT, SPAN_ARG(source->mail_from));
	snprintf(world.protocol, sizeof world.protocol, SPAN_FMT, SPAN_ARG(source->protocol));
	return in;
}

void intake_add_rcpt(struct intake *in, const struct recipient *rcpt)
{
	in->rcpts++;
}

enum rc intake_write(struct intake *in, struct span bytes)
{
	str_add(&in->bytes, bytes);
	return str_ok(&in->bytes) ? world.write_rc : RC_LIMIT;
}

size_t intake_size(const struct intake *in)
{
	return in->bytes.len;
}

void intake_abort(struct intake *in)
{
	str_done(&in->bytes);
	heap_free(in);
	world.open_intakes--;
}

enum rc intake_commit(struct intake *in, struct ctx *ctx, struct uuid *out_id, struct err *err)
{
	enum rc rc = world.commit_rc;
	assert_true(in->rcpts > 0);
	if (rc == RC_OK) {
		*out_id = (struct uuid){ { 1 } };
		str_clear(&world.stored);
		str_add(&world.stored, str_span(&in->bytes));
		world.messages++;
		world.added = in->rcpts;
		note_signals(in->source);
	} else if (world.commit_status) {
		(void)err_set(err, rc, world.commit_status, "Because.");
	}
	intake_abort(in);
	return rc;
}

static struct recipient remote = { .kind = RECIPIENT_REMOTE };

void intake_refuse(struct intake *in, struct ctx *ctx, const struct err *err)
{
	assert_true(err->text[0]);
	world.refused++;
	intake_abort(in);
}

enum rc recipient_cache_resolve(struct recipient_cache *cache, struct ctx *ctx,
	struct span localpart, struct span domain, uint64_t size, struct recipients *out,
	struct err *err)
{
	static struct recipient one = { .kind = RECIPIENT_MAILBOX };

	if (world.resolve_rc != RC_OK)
		return world.resolve_rc;
	if (size == 999)
		return err_set(err, RC_LIMIT, "5.2.2", "Never.");
	if (domain.len > 0 && !span_ieq(domain, SPAN("here.test")))
		return RC_DENIED;
	if (span_ieq(localpart, SPAN("nobody")))
		return RC_NOT_FOUND;
	one.kind = span_ieq(localpart, SPAN("forward")) ? RECIPIENT_REMOTE : RECIPIENT_MAILBOX;
	*out = (struct recipients){ &one, 1 };
	return RC_OK;
}

enum rc rcpt_unwind(struct ctx *ctx, struct span local, struct span domain, struct recipients *out,
	struct err *err)
{
	if (!span_starts(local, SPAN("SRS0=")))
		return RC_INVALID;
	*out = (struct recipients){ &remote, 1 };
	return span_eq(local, SPAN("SRS0=good")) ? RC_OK : RC_NOT_FOUND;
}

void rcpt_outside(struct ctx *ctx, struct span address, struct recipients *out)
{
	*out = (struct recipients){ &remote, 1 };
}

enum rc recipient_may_post(struct ctx *ctx, struct span localpart, struct span domain,
	struct span sender, struct err *err)
{
	return RC_OK;
}

enum rc mailbox_may_send_as(struct ctx *ctx, const struct mailbox_ref *mailbox, struct span address)
{
	if (world.may_send_rc != RC_OK)
		return world.may_send_rc;
	return span_ieq(address, mailbox->address) ? RC_OK : RC_DENIED;
}

enum rc mailbox_login(struct directory *d, struct ctx *ctx, struct span address,
	struct span password, const char *service, const char *peer, struct mailbox_ref *out)
{
	if (world.login_rc != RC_OK)
		return world.login_rc;
	if (!span_eq(address, SPAN("ann@here.test")) || !span_eq(password, SPAN("secret")))
		return RC_DENIED;
	*out = (struct mailbox_ref){ .mailbox_id = 7, .address = SPAN("ann@here.test") };
	return RC_OK;
}

/* SCRAM is tested elsewhere: nobody proves himself here. */
enum rc mailbox_scram_salt(struct directory *d, struct ctx *ctx, struct span address,
	const char *peer, unsigned char out[static KEYS_SCRAM_SALT])
{
	memset(out, 1, KEYS_SCRAM_SALT);
	return world.login_rc;
}

enum rc mailbox_scram_verify(struct directory *d, struct ctx *ctx, struct span address,
	struct span message, const unsigned char proof[static KEYS_SCRAM_HASH], const char *peer,
	unsigned char out_signature[static KEYS_SCRAM_HASH], int64_t *out_mailbox_id)
{
	return RC_DENIED;
}

enum rc mailbox_login_id(
	struct ctx *ctx, int64_t mailbox_id, const char *service, struct mailbox_ref *out)
{
	return RC_DENIED;
}

struct span conn_tls_binding(const struct conn *c, struct arena *a)
{
	return SPAN("");
}

bool conn_can_bind(const struct conn *c)
{
	return false;
}

/* --- driving ---------------------------------------------------------------------------------- */

static struct arena arena;
static struct intake_env intake_env = { .max_size = 1000 };
static struct smtp_options options;

static void call(struct conn *c, enum step step)
{
	c->last = step;
	arena_reset(&arena);
}

static void conn_begin(struct conn *c)
{
	*c = (struct conn){ .options = &options, .peer = { .family = AF_INET }, .can_tls = true };
	str_init(&c->in, 1 << 20);
	str_init(&c->out, 1 << 20);
	struct ctx ctx = { .arena = &arena };
	call(c, smtp_protocol.open(c, &ctx));
	if (c->last == STEP_MORE) /* the greeting is held back */
		call(c, smtp_protocol.more(c, &ctx));
	c->delay_ms = 0;
}

static void conn_end(struct conn *c)
{
	smtp_protocol.close(c);
	str_done(&c->in);
	str_done(&c->out);
	assert_int_equal(world.open_intakes, 0);
}

/* What the loop does: frames out of what has come, one after the other. */
static void feed(struct conn *c, struct span bytes)
{
	size_t scanned = 0, len;

	str_add(&c->in, bytes);
	while (c->last == STEP_DONE) {
		struct span in = span_sub(str_span(&c->in), 0, smtp_protocol.in_max);
		if (in.len == 0 || smtp_protocol.frame(c, in, &scanned, &len) == FRAME_WAIT)
			return;
		struct ctx ctx = { .arena = &arena };
		c->frame_len = len;
		call(c, smtp_protocol.run(c, &ctx, span_sub(in, 0, len)));
		c->frame_len = 0;
		str_eat(&c->in, len);
		scanned = 0;
		if (c->last == STEP_TLS && c->in.len == 0) {
			c->tls = true;
			call(c, smtp_protocol.opened(c, &ctx));
		}
	}
}

static int last_code(struct conn *c)
{
	struct span out = str_span(&c->out);
	assert_true(span_ends(out, SPAN("\r\n")));
	struct span before = span_sub(out, 0, out.len - 2);
	size_t lf = span_rfind(before, '\n');
	struct span line = span_from(out, lf == SPAN_NPOS ? 0 : lf + 1);
	uint64_t code;
	assert_true(span_u64(span_sub(line, 0, 3), 999, &code));
	return (int)code;
}

/* The codes of all replies, one space behind each; EHLO's lines count once. */
static const char *codes(struct conn *c)
{
	static char text[4096];
	struct span rest = str_span(&c->out), line;
	size_t len = 0;

	while (span_split(&rest, '\n', &line) && line.len > 4) {
		if (line.ptr[3] == '-')
			continue;
		memcpy(text + len, line.ptr, 3);
		text[len + 3] = ' ';
		len += 4;
		assert_true(len < sizeof text - 4);
	}
	text[len] = '\0';
	return text;
}

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	options = (struct smtp_options){ .hostname = "mx.test",
		.intake = &intake_env,
		.max_recipients = 3,
		.timeout_ms = 1000 };
	str_done(&world.stored);
	world = (__typeof__(world)){ 0 };
	str_init(&world.stored, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	str_done(&world.stored);
	return 0;
}

static int set_up_submission(void **state)
{
	set_up(state);
	options.submission = true;
	return 0;
}

/* --- dialogues -------------------------------------------------------------------------------- */

/* A step ends where a client must wait; what is inside a step may be cut anywhere. */
struct dialogue {
	const char *steps[12];
	const char *codes;
	const char *stored; /* NULL: nothing */
};

#define HELLO  "EHLO c.test\r\n"
#define BEGIN  "MAIL FROM:<a@b.test>\r\nRCPT TO:<ann@here.test>\r\n"
#define BEGUN  HELLO, BEGIN
#define C_HI   "220 250 "
#define C_TX   C_HI "250 250 "
#define C_DATA C_TX "354 "

static const struct dialogue mx_dialogues[] = {
	{ { BEGUN, "DATA\r\n", "A: 1\r\n\r\n..x\r\n.\r\nQUIT\r\n" }, C_DATA "250 221 ",
		"A: 1\r\n\r\n.x\r\n" },
	{ { "HELO c\r\n", BEGIN, "DATA\r\n", "x\r\n.\r\n" BEGIN, "DATA\r\n", "y\r\n.\r\n" },
		C_DATA "250 250 250 354 250 ", "y\r\n" },
	{ { HELLO, "MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n", "x\r\n.\r\n" },
		C_DATA "250 ", "x\r\n" },
	{ { BEGUN, "BDAT 5\r\nA: 1\r", "BDAT 5 LAST\r\n\n\r\n.x" }, C_TX "250 250 ",
		"A: 1\r\n\r\n.x\r\n" },
	{ { BEGUN, "BDAT 3\r\nx\r\n", "BDAT 0 LAST\r\n" }, C_TX "250 250 ", "x\r\n" },
	/* chunks that nobody asked for are read, not run */
	{ { HELLO, "BDAT 6\r\nQUIT\r\n", "BDAT 6 LAST\r\nQUIT\r\n", "NOOP\r\n" },
		C_HI "503 503 250 " },
	{ { "BDAT 6\r\nQUIT\r\n", "NOOP\r\n" }, "220 503 250 " },
	{ { BEGUN, "BDAT x\r\n" }, C_TX "501 " },
	/* in the wrong order */
	{ { "MAIL FROM:<a@b.test>\r\n", "NOOP\r\n" }, "220 503 250 " },
	{ { HELLO, "RCPT TO:<ann@here.test>\r\n", "DATA\r\n" }, C_HI "503 503 " },
	{ { BEGUN, "MAIL FROM:<c@d.test>\r\n" }, C_TX "503 " },
	{ { BEGUN, "BDAT 3\r\nx\r\n", "DATA\r\n", "RCPT TO:<ann@here.test>\r\n", "RSET\r\n",
		  "DATA\r\n" },
		C_TX "250 503 503 250 503 " },
	{ { BEGUN, "STARTTLS\r\n" }, C_TX "503 " },
	{ { BEGUN, "EHLO again\r\n", "DATA\r\n" }, C_TX "250 503 " },
	{ { HELLO, "MAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@here.test>\r\nDATA\r\n" },
		C_HI "250 550 503 " },
	/* recipients */
	{ { HELLO, "MAIL FROM:<a@b.test>\r\nRCPT TO:<x@other.test>\r\n" }, C_HI "250 550 " },
	{ { HELLO, "MAIL FROM:<a@b.test>\r\nRCPT TO:<forward@here.test>\r\n" }, C_HI "250 250 " },
	{ { HELLO, "MAIL FROM:<>\r\nRCPT TO:<SRS0=good@here.test>\r\n" }, C_HI "250 250 " },
	{ { HELLO, "MAIL FROM:<>\r\nRCPT TO:<SRS0=bad@here.test>\r\n" }, C_HI "250 550 " },
	{ { HELLO,
		  "MAIL FROM:<a@b.test> RET=HDRS ENVID=x\r\n"
		  "RCPT TO:<a@here.test> NOTIFY=NEVER\r\n" },
		C_HI "250 250 " },
	{ { HELLO,
		  BEGIN
		  "RCPT TO:<b@here.test>\r\nRCPT TO:<c@here.test>\r\nRCPT TO:<d@here.test>\r\n" },
		C_TX "250 250 452 " },
	/* parameters and addresses */
	{ { HELLO, "MAIL FROM:<a@b.test> SIZE=1000\r\n" }, C_HI "250 " },
	{ { HELLO, "MAIL FROM:<a@b.test> SIZE=1001\r\n" }, C_HI "552 " },
	{ { HELLO, "MAIL FROM:<a@b.test> XYZ\r\n" }, C_HI "555 " },
	{ { HELLO, "MAIL FROM:<j\xc3\xb6@b.test>\r\n" }, C_HI "553 " },
	{ { HELLO, "MAIL FROM:<j\xc3\xb6@b.test> SMTPUTF8\r\n" }, C_HI "250 " },
	{ { HELLO, BEGIN "RCPT TO:<j\xc3\xb6@here.test>\r\n" }, C_TX "553 " },
	{ { HELLO, "MAIL FROM:a@b.test\r\n" }, C_HI "501 " },
	/* the others */
	{ { "VRFY ann\r\n", "EXPN x\r\n", "HELP\r\n", "RSET x\r\n", "AUTH PLAIN\r\n" },
		"220 252 502 214 501 500 " },
	{ { "EHLO\r\n", "EHLO a b\r\n", "NOOP\0x\r\n" }, "220 501 501 " },
	{ { "GET / HTTP/1.1\r\nHost: x\r\n" }, "220 554 " },
	{ { "QUIT\r\n" }, "220 221 " },
	/* nothing may be sent behind a command that must be waited for */
	{ { HELLO "NOOP\r\n" }, "220 554 " },
	{ { BEGUN, "DATA\r\nx\r\n.\r\n" }, C_TX "554 " },
	{ { BEGUN, "BDAT 3 LAST\r\nx\r\nNOOP\r\n" }, C_TX "554 " },
	{ { HELLO, "STARTTLS\r\nEHLO c\r\n" }, C_HI "554 " },
	/* after TLS all is forgotten */
	{ { HELLO, "STARTTLS\r\n", "MAIL FROM:<a@b.test>\r\n", "STARTTLS\r\n" },
		C_HI "220 503 503 " },
	/* line ends: refused at the true end, the session goes on */
	{ { BEGUN, "DATA\r\n", "x\ny\r\n.\r\nNOOP\r\n" }, C_DATA "550 250 " },
	{ { BEGUN, "DATA\r\n", "x\r\n.\nMAIL FROM:<e@vil.test>\r\n.\r\nNOOP\r\n" },
		C_DATA "550 250 " },
	{ { BEGUN, "BDAT 4 LAST\r\nx\ny\n" }, C_TX "550 " },
};

static void run_dialogue(const struct dialogue *d, size_t split)
{
	struct conn c;
	conn_begin(&c);
	unsigned before = world.messages;
	for (size_t i = 0; i < COUNT(d->steps) && d->steps[i]; i++) {
		struct span step = span_of(d->steps[i]);
		/* A split inside pipelined bytes would hide the violation it is about. */
		feed(&c, span_sub(step, 0, split));
		feed(&c, span_from(step, split));
	}
	if (strcmp(codes(&c), d->codes) != 0)
		fail_msg("%s split %zu: %s instead of %s", d->steps[0], split, codes(&c), d->codes);
	assert_int_equal(world.messages > before, d->stored != NULL);
	if (d->stored)
		assert_string_equal(str_cstr(&world.stored), d->stored);
	conn_end(&c);
}

static void mx_says_and_stores(void **state)
{
	for (size_t i = 0; i < COUNT(mx_dialogues); i++)
		run_dialogue(&mx_dialogues[i], 0);
}

static void splits_change_nothing(void **state)
{
	for (size_t i = 0; i < COUNT(mx_dialogues); i++) {
		if (strstr(mx_dialogues[i].codes, "554"))
			continue;
		for (size_t split = 1; split < 60; split++)
			run_dialogue(&mx_dialogues[i], split);
	}
}

/* "\0ann@here.test\0secret", "\0ann@here.test\0wrong" */
#define PLAIN_OK    "AGFubkBoZXJlLnRlc3QAc2VjcmV0"
#define PLAIN_WRONG "AGFubkBoZXJlLnRlc3QAd3Jvbmc="
#define LOG_IN      HELLO, "STARTTLS\r\n", HELLO, "AUTH PLAIN " PLAIN_OK "\r\n"
#define C_LOGIN     C_HI "220 250 235 "
#define OWN_MAIL    "MAIL FROM:<Ann@here.test>\r\n"

static const struct dialogue submission_dialogues[] = {
	{ { LOG_IN, OWN_MAIL "RCPT TO:<b@here.test>\r\nDATA\r\n", "x\r\n.\r\n" },
		C_LOGIN "250 250 354 250 ", "x\r\n" },
	/* line ends of programs are mended, the end of data is not guessed */
	{ { LOG_IN, OWN_MAIL "RCPT TO:<b@here.test>\r\nDATA\r\n", "x\ny\n.\nz\r\n.\r\n" },
		C_LOGIN "250 250 354 250 ", "x\r\ny\r\n.\r\nz\r\n" },
	/* brackets may be missing */
	{ { LOG_IN, "MAIL FROM:ann@here.test\r\n", "RCPT TO:b@here.test\r\n" },
		C_LOGIN "250 250 " },
	{ { HELLO, "MAIL FROM:<ann@here.test>\r\n", "AUTH PLAIN " PLAIN_OK "\r\n" },
		C_HI "530 538 " },
	{ { LOG_IN, "MAIL FROM:<eve@here.test>\r\n", "MAIL FROM:<>\r\n" }, C_LOGIN "553 250 " },
	{ { LOG_IN, OWN_MAIL, "RCPT TO:<x@other.test>\r\n" }, C_LOGIN "250 250 " },
	{ { LOG_IN, "AUTH PLAIN " PLAIN_OK "\r\n" }, C_LOGIN "503 " },
	{ { LOG_IN, OWN_MAIL, "AUTH PLAIN " PLAIN_OK "\r\n" }, C_LOGIN "250 503 " },
	/* the exchanges */
	{ { HELLO, "STARTTLS\r\n", HELLO, "AUTH PLAIN\r\n", PLAIN_OK "\r\n" },
		C_HI "220 250 334 235 " },
	{ { HELLO, "STARTTLS\r\n", HELLO, "AUTH LOGIN\r\n", "YW5uQGhlcmUudGVzdA==\r\n",
		  "c2VjcmV0\r\n" },
		C_HI "220 250 334 334 235 " },
	{ { HELLO, "STARTTLS\r\n", HELLO, "auth login YW5uQGhlcmUudGVzdA==\r\n", "*\r\n",
		  "NOOP\r\n" },
		C_HI "220 250 334 501 250 " },
	{ { HELLO, "STARTTLS\r\n", HELLO, "AUTH PLAIN\r\n", "not base64\r\n", "NOOP\r\n" },
		C_HI "220 250 334 501 250 " },
	{ { HELLO, "STARTTLS\r\n", HELLO, "AUTH PLAIN " PLAIN_WRONG "\r\n", "AUTH CRAM-MD5\r\n",
		  "AUTH\r\n" },
		C_HI "220 250 535 504 501 " },
	{ { "AUTH PLAIN " PLAIN_OK "\r\n" }, "220 503 " },
};

static void submission_says_and_stores(void **state)
{
	for (size_t i = 0; i < COUNT(submission_dialogues); i++)
		run_dialogue(&submission_dialogues[i], 0);
	for (size_t i = 0; i < COUNT(submission_dialogues); i++) {
		for (size_t split = 1; split < 60; split++)
			run_dialogue(&submission_dialogues[i], split);
	}
}

/* --- rc becomes a reply ----------------------------------------------------------------------- */

static int code_after(const char *const *steps, size_t n)
{
	struct conn c;
	conn_begin(&c);
	for (size_t i = 0; i < n; i++)
		feed(&c, span_of(steps[i]));
	int code = last_code(&c);
	conn_end(&c);
	return code;
}

static void trouble_is_never_for_good(void **state)
{
	static const char *const rcpt[] = { HELLO, BEGIN };
	static const char *const data[] = { HELLO, BEGIN, "DATA\r\n", "x\r\n.\r\n" };
	static const char *const bdat[] = { HELLO, BEGIN, "BDAT 3\r\nx\r\n" };
	static const char *const bare[] = { HELLO, BEGIN, "DATA\r\n", "x\n.\r\n\r\n.\r\n" };
	static const char *const sized[] = { HELLO, "MAIL FROM:<a@b.test> SIZE=999\r\n",
		"RCPT TO:<ann@here.test>\r\n" };

	world.resolve_rc = RC_TEMP;
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 451);
	world.resolve_rc = RC_LIMIT;
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 452);
	world.resolve_rc = RC_CONFLICT;
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 550);
	world.resolve_rc = RC_OK;
	assert_int_equal(code_after(sized, COUNT(sized)), 552);
	world.write_rc = RC_TEMP; /* the disk */
	assert_int_equal(code_after(data, COUNT(data)), 452);
	assert_int_equal(code_after(bdat, COUNT(bdat)), 452);
	world.write_rc = RC_OK;
	world.commit_rc = RC_TEMP;
	assert_int_equal(code_after(data, COUNT(data)), 451);
	world.commit_rc = RC_INVALID;
	world.commit_status = "5.7.1";
	assert_int_equal(code_after(data, COUNT(data)), 550);
	world.commit_rc = RC_LIMIT;
	world.commit_status = "5.4.6";
	assert_int_equal(code_after(data, COUNT(data)), 554);
	assert_int_equal(world.messages, 0);
	assert_int_equal(world.refused, 0); /* intake itself has noted those */
	assert_int_equal(code_after(bare, COUNT(bare)), 550);
	assert_int_equal(world.refused, 1);
}

static void refusals_are_noted(void **state)
{
	static const char *const rcpt[] = { HELLO, "MAIL FROM:<a@b.test>\r\n",
		"RCPT TO:<nobody@here.test>\r\n" };

	posted = 0;
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 550);
	assert_int_equal(posted, 1);
	assert_string_equal(noted_text,
		"Mail from 0.0.0.0 was refused: 550 5.1.1 There is no such "
		"mailbox here.");
	world.resolve_rc = RC_TEMP; /* nobody's fault */
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 451);
	assert_int_equal(posted, 1);
}

static void login_trouble(void **state)
{
	static const char *const login[] = { LOG_IN };
	static const char *const mail[] = { LOG_IN, OWN_MAIL };

	world.login_rc = RC_TEMP;
	assert_int_equal(code_after(login, COUNT(login)), 454);
	world.login_rc = RC_LIMIT;
	assert_int_equal(code_after(login, COUNT(login)), 454);
	world.login_rc = RC_CONFLICT;
	assert_int_equal(code_after(login, COUNT(login)), 525);
	world.login_rc = RC_OK;
	world.may_send_rc = RC_TEMP;
	assert_int_equal(code_after(mail, COUNT(mail)), 451);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void size_is_said_after_the_end(void **state)
{
	struct conn c;
	conn_begin(&c);
	feed(&c, SPAN(HELLO));
	feed(&c, SPAN(BEGIN "DATA\r\n"));
	for (int i = 0; i < 200; i++)
		feed(&c, SPAN("0123456789\r\n"));
	assert_string_equal(codes(&c), C_DATA); /* not a word yet */
	feed(&c, SPAN(".\r\nNOOP\r\n"));
	assert_string_equal(codes(&c), C_DATA "552 250 ");
	feed(&c, SPAN("DATA\r\n"));
	assert_int_equal(last_code(&c), 503); /* the transaction is over */
	conn_end(&c);

	/* The first byte too many, and the last that fits (with CRLF: 998 + 2). */
	for (size_t len = 998; len < 1000; len++) {
		conn_begin(&c);
		feed(&c, SPAN(HELLO));
		feed(&c, SPAN(BEGIN "DATA\r\n"));
		for (size_t i = 0; i < len; i++)
			feed(&c, SPAN("x"));
		feed(&c, SPAN("\r\n.\r\n"));
		assert_int_equal(last_code(&c), len == 998 ? 250 : 552);
		conn_end(&c);
	}
}

static void too_large_chunks_are_read(void **state)
{
	struct conn c;
	conn_begin(&c);
	feed(&c, SPAN(HELLO));
	feed(&c, SPAN(BEGIN "BDAT 200000\r\n"));
	for (int i = 0; i < 20000; i++)
		feed(&c, SPAN("01234567\r\n"));
	assert_int_equal(last_code(&c), 552);
	feed(&c, SPAN("BDAT 6 LAST\r\nQUIT\r\n"));
	assert_int_equal(last_code(&c), 503);
	assert_int_equal(c.last, STEP_DONE);
	conn_end(&c);
}

static unsigned repeat_until_closed(const char *first, const char *line, unsigned max, bool exempt)
{
	struct conn c;
	unsigned n = 0;

	conn_begin(&c);
	c.exempt = exempt;
	feed(&c, span_of(first));
	while (c.last == STEP_DONE && n < max) {
		feed(&c, span_of(line));
		n++;
	}
	if (c.last != STEP_DONE)
		assert_int_equal(last_code(&c), 421);
	conn_end(&c);
	return n;
}

static void patience_ends(void **state)
{
	assert_int_equal(repeat_until_closed("", "XYZ\r\n", 1000, false), SMTP_ERRORS_MAX);
	assert_int_equal(repeat_until_closed("", "NOOP\r\n", 1000, false), SMTP_JUNK_MAX);
	assert_int_equal(repeat_until_closed(HELLO, HELLO, 2000, false), SMTP_COMMANDS_MAX - 1);
	assert_int_equal(repeat_until_closed("", "XYZ\r\n", 1000, true), 1000);

	struct conn c;
	conn_begin(&c);
	feed(&c, SPAN(HELLO));
	feed(&c, SPAN(BEGIN));
	unsigned n = 0;
	while (c.last == STEP_DONE && n < 20000) {
		feed(&c, SPAN("BDAT 0\r\n"));
		n++;
	}
	assert_int_equal(n, SMTP_CHUNKS_MAX + 1);
	conn_end(&c);
}

static void guessing_is_slow(void **state)
{
	struct conn c;
	conn_begin(&c);
	feed(&c, SPAN(HELLO));
	feed(&c, SPAN("MAIL FROM:<a@b.test>\r\n"));
	for (int i = 0; i < SMTP_UNKNOWN_FREE; i++)
		feed(&c, SPAN("RCPT TO:<nobody@here.test>\r\n"));
	assert_int_equal(c.delay_ms, 0);
	feed(&c, SPAN("RCPT TO:<nobody@here.test>\r\n"));
	assert_int_equal(c.delay_ms, SMTP_TARPIT_MS);
	conn_end(&c);
}

/* Requirement 3: bytes that came before the greeting, or that were sent before it can have arrived. */
static void early_talkers_are_hung_up_on(void **state)
{
	struct conn c = { .options = &options, .peer = { .family = AF_INET } };
	struct ctx ctx = { .arena = &arena };

	str_init(&c.in, 1 << 20);
	str_init(&c.out, 1 << 20);
	assert_int_equal(smtp_protocol.open(&c, &ctx), STEP_MORE);
	assert_int_equal(c.delay_ms, SMTP_GREETING_MS);
	assert_int_equal(c.out.len, 0);
	str_add(&c.in, SPAN(HELLO));
	assert_int_equal(smtp_protocol.more(&c, &ctx), STEP_CLOSE);
	assert_string_equal(codes(&c), "554 ");
	conn_end(&c);

	conn_begin(&c);
	c.unheard = true;
	feed(&c, SPAN(HELLO));
	assert_string_equal(codes(&c), "220 554 ");
	assert_int_equal(c.last, STEP_CLOSE);
	conn_end(&c);

	conn_begin(&c);
	feed(&c, SPAN(HELLO));
	c.unheard = true; /* pipelining is not early talk */
	feed(&c, SPAN(BEGIN));
	assert_string_equal(codes(&c), C_TX);
	conn_end(&c);
}

static void rates_have_limits(void **state)
{
	static const char *const mail[] = { HELLO, "MAIL FROM:<>\r\n" };
	static const char *const rcpt[] = { HELLO, BEGIN };
	struct addr loopback;

	options.rates = smtp_rates_new(4, 2, 1);
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 250);
	assert_int_equal(code_after(rcpt, COUNT(rcpt)), 450); /* recipients */
	assert_int_equal(code_after(mail, COUNT(mail)), 450);
	assert_int_equal(code_after(NULL, 0), 220);
	assert_int_equal(code_after(NULL, 0), 421);

	struct conn c;
	assert_true(addr_parse(SPAN("127.0.0.1"), &loopback));
	for (int i = 0; i < 20; i++) {
		conn_begin(&c);
		assert_int_equal(last_code(&c), 421);
		conn_end(&c);
	}
	c = (struct conn){ .options = &options, .peer = loopback, .can_tls = true };
	struct ctx ctx = { .arena = &arena };
	str_init(&c.in, 1 << 10);
	str_init(&c.out, 1 << 10);
	assert_int_equal(smtp_protocol.open(&c, &ctx), STEP_MORE); /* the machine's own are free */
	conn_end(&c);
	rates_free(options.rates);
	options.rates = NULL;
}

/* Who has misbehaved waits for its greeting, and has less patience to expect under stress. */
static void strikes_make_slow(void **state)
{
	struct conn c = { 0 };
	struct ctx ctx = { .arena = &arena };

	options.rates = smtp_rates_new(0, 0, 0);
	for (int i = 0; i < SMTP_STRIKES_SLOW; i++)
		assert_int_equal(code_after((const char *const[]){ "GET / HTTP/1.1\r\n" }, 1), 554);
	c = (struct conn){ .options = &options, .peer = { .family = AF_INET } };
	str_init(&c.in, 1 << 10);
	str_init(&c.out, 1 << 10);
	assert_int_equal(smtp_protocol.open(&c, &ctx), STEP_MORE);
	assert_int_equal(c.delay_ms, SMTP_GREETING_SLOW_MS);
	conn_end(&c);

	conn_begin(&c);
	c.stressed = true;
	for (int i = 0; i < SMTP_ERRORS_STRESS; i++)
		feed(&c, SPAN("XYZ\r\n"));
	assert_int_equal(last_code(&c), 421);
	conn_end(&c);
	rates_free(options.rates);
	options.rates = NULL;
}

static void signals_reach_the_score(void **state)
{
	static const struct {
		const char *helo, *before, *signals;
	} cases[] = {
		{ "mail.b.test", "", "" },
		{ "friend", "", "helo.not_a_name " },
		{ "fri!end.test", "", "helo.not_a_name " },
		{ "MX.test", "", "helo.our_name " },
		{ "[0.0.0.0]", "", "" },
		{ "[192.0.2.1]", "", "helo.other_address " },
		{ "mail.b.test", "X\r\nX\r\nX\r\n", "smtp.errors " },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conn c;
		char line[100];
		conn_begin(&c);
		feed(&c, span_of(cases[i].before));
		snprintf(line, sizeof line, "EHLO %s\r\n", cases[i].helo);
		feed(&c, span_of(line));
		feed(&c, SPAN(BEGIN "DATA\r\n"));
		feed(&c, SPAN("x\r\n.\r\n"));
		assert_int_equal(last_code(&c), 250);
		assert_string_equal(world.signals, cases[i].signals);
		conn_end(&c);
	}
}

/* Requirement 51: nothing is begun that the disk could not hold. */
static void a_full_disk_is_said_at_mail(void **state)
{
	static const char *const mail[] = { HELLO, "MAIL FROM:<>\r\n" };

	world.disk_full = true;
	assert_int_equal(code_after(mail, COUNT(mail)), 452);
	world.disk_full = false;
	assert_int_equal(code_after(mail, COUNT(mail)), 250);
}

static void long_lines_are_swallowed(void **state)
{
	struct conn c;
	conn_begin(&c);
	for (int i = 0; i < 5000; i++)
		feed(&c, SPAN("NOOP QUIT "));
	assert_string_equal(codes(&c), "220 ");
	feed(&c, SPAN("\r\nNOOP\r\n"));
	assert_string_equal(codes(&c), "220 500 250 ");
	for (int i = 0; i < 200000 && c.last == STEP_DONE; i++)
		feed(&c, SPAN("0123456789"));
	assert_int_equal(last_code(&c), 421); /* but not for ever */
	conn_end(&c);
}

/* --- every sequence of commands --------------------------------------------------------------- */

/* What the standard says, as a table over the five states. */
enum { S0, READY, MAIL, RCPT, CHUNKS, N_STATES };

static const struct {
	const char *text, *more; /* `more` follows when a 354 came */
	struct {
		int code, next;
	} in[N_STATES];
} alphabet[] = {
	{ "EHLO c\r\n", NULL,
		{ { 250, READY }, { 250, READY }, { 250, READY }, { 250, READY },
			{ 250, READY } } },
	{ "HELO c\r\n", NULL,
		{ { 250, READY }, { 250, READY }, { 250, READY }, { 250, READY },
			{ 250, READY } } },
	{ "MAIL FROM:<a@b.test>\r\n", NULL,
		{ { 503, S0 }, { 250, MAIL }, { 503, MAIL }, { 503, RCPT }, { 503, CHUNKS } } },
	{ "MAIL FROM:<a\r\n", NULL,
		{ { 503, S0 }, { 501, READY }, { 503, MAIL }, { 503, RCPT }, { 503, CHUNKS } } },
	{ "RCPT TO:<ann@here.test>\r\n", NULL,
		{ { 503, S0 }, { 503, READY }, { 250, RCPT }, { 250, RCPT }, { 503, CHUNKS } } },
	{ "RCPT TO:<nobody@here.test>\r\n", NULL,
		{ { 503, S0 }, { 503, READY }, { 550, MAIL }, { 550, RCPT }, { 503, CHUNKS } } },
	{ "DATA\r\n", "x\r\n.\r\n",
		{ { 503, S0 }, { 503, READY }, { 503, MAIL }, { 250, READY }, { 503, CHUNKS } } },
	{ "DATA\r\n", "x\n.\r\n.\r\n",
		{ { 503, S0 }, { 503, READY }, { 503, MAIL }, { 550, READY }, { 503, CHUNKS } } },
	{ "BDAT 3\r\nx\r\n", NULL,
		{ { 503, S0 }, { 503, READY }, { 503, MAIL }, { 250, CHUNKS }, { 250, CHUNKS } } },
	{ "BDAT 3 LAST\r\ny\r\n", NULL,
		{ { 503, S0 }, { 503, READY }, { 503, MAIL }, { 250, READY }, { 250, READY } } },
	{ "BDAT 2 LAST\r\ny\n", NULL,
		{ { 503, S0 }, { 503, READY }, { 503, MAIL }, { 550, READY }, { 550, READY } } },
	{ "RSET\r\n", NULL,
		{ { 250, S0 }, { 250, READY }, { 250, READY }, { 250, READY }, { 250, READY } } },
	{ "XYZ\r\n", NULL,
		{ { 500, S0 }, { 500, READY }, { 500, MAIL }, { 500, RCPT }, { 500, CHUNKS } } },
};

#define DEPTH_DEFAULT 4 /* MAILSTEAD_TEST_DEPTH says otherwise: 5 is seconds, 6 a minute */

static void run_sequence(unsigned long n, int depth)
{
	struct conn c;
	int state = S0;

	conn_begin(&c);
	for (int i = 0; i < depth; i++, n /= COUNT(alphabet)) {
		unsigned command = (unsigned)(n % COUNT(alphabet));
		str_clear(&c.out);
		feed(&c, span_of(alphabet[command].text));
		if (last_code(&c) == 354)
			feed(&c, span_of(alphabet[command].more));
		int code = last_code(&c);
		if (code != alphabet[command].in[state].code || c.in.len > 0)
			fail_msg("state %d, %s: %d", state, alphabet[command].text, code);
		state = alphabet[command].in[state].next;
	}
	conn_end(&c);
}

static void every_sequence_of_commands(void **state)
{
	const char *asked = getenv("MAILSTEAD_TEST_DEPTH");
	int depth = asked ? asked[0] - '0' : DEPTH_DEFAULT;
	unsigned long total = 1;

	for (int i = 0; i < depth; i++)
		total *= COUNT(alphabet);
	for (unsigned long n = 0; n < total; n++)
		run_sequence(n, depth);
}

/* --- one message in, one message out ---------------------------------------------------------- */

/* {CRLF, LF, CR, NUL ...} before and behind the dot: what is sent as one message is stored as one,
 * or refused as one, and what would be a second one is never run. */
static void nothing_is_smuggled(void **state)
{
	static const struct span ends[] = { SPAN("\r\n"), SPAN("\n"), SPAN("\r"), SPAN("\r\0\n"),
		SPAN("\r\r\n"), SPAN("\n\r") };
	static const char *const second = "MAIL FROM:<e@vil.test>\r\nRCPT TO:<ann@here.test>\r\n"
					  "DATA\r\nsecond\r\n.\r\n";

	for (size_t i = 0; i < COUNT(ends) * COUNT(ends); i++) {
		struct span before = ends[i / COUNT(ends)], behind = ends[i % COUNT(ends)];
		bool is_end = span_ends(before, SPAN("\r\n")) && span_starts(behind, SPAN("\r\n"));
		for (int by_chunk = 0; by_chunk < 2; by_chunk++) {
			struct conn c;
			struct str message;
			if (is_end && !by_chunk)
				continue; /* that is the end */
			str_init(&message, 1000);
			str_addf(&message, "first");
			str_add(&message, before);
			str_add_c(&message, '.');
			str_add(&message, behind);
			str_add_cstr(&message, second);
			conn_begin(&c);
			world.messages = 0;
			feed(&c, SPAN(HELLO));
			feed(&c, SPAN(BEGIN));
			struct str head;
			str_init(&head, 100);
			if (by_chunk)
				str_addf(&head, "BDAT %zu LAST\r\n", message.len);
			else
				str_add_cstr(&head, "DATA\r\n");
			feed(&c, str_span(&head));
			feed(&c, str_span(&message));
			/* In DATA, the dot line of the second one is the first true end. */
			assert_true(world.messages <= 1);
			assert_string_equal(world.mail_from, "a@b.test");
			assert_int_equal(last_code(&c) == 250, world.messages == 1);
			str_done(&head);
			str_done(&message);
			conn_end(&c);
		}
	}
}

#define TEST(fn)            cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
#define TEST_SUBMISSION(fn) cmocka_unit_test_setup_teardown(fn, set_up_submission, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mx_says_and_stores),
		TEST(splits_change_nothing),
		TEST_SUBMISSION(submission_says_and_stores),
		TEST(trouble_is_never_for_good),
		TEST(refusals_are_noted),
		TEST_SUBMISSION(login_trouble),
		TEST(size_is_said_after_the_end),
		TEST(too_large_chunks_are_read),
		TEST(patience_ends),
		TEST(guessing_is_slow),
		TEST(early_talkers_are_hung_up_on),
		TEST(rates_have_limits),
		TEST(strikes_make_slow),
		TEST(signals_reach_the_score),
		TEST(a_full_disk_is_said_at_mail),
		TEST(long_lines_are_swallowed),
		TEST(every_sequence_of_commands),
		TEST(nothing_is_smuggled),
	};
	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
