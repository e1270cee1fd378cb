/*
 * mailcore/deliver: what a message looks like when it is stored, and what is refused. Store and
 * directory are fakes that keep what they were given.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailcore/deliver/head.h"
#include "mailcore/deliver/intake.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/deliver/received.h"
#include "mailcore/mime/header.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- fakes ------------------------------------------------------------------------------------ */

static struct {
	struct str message;
	size_t head_len; /* of message_prepare_file */
	enum rc prepare_rc, deliver_rc, may_send_rc;
	size_t n_targets, n_events;
	int announced;
	int64_t mailboxes[10];
	struct str events;
	char evidence[500]; /* of the last event */
	size_t n_jobs;
	struct delivery_job jobs[10];
	char mail_from[10][300];
} seen;

enum rc message_prepare(struct store *s, struct arena *a, struct uuid id, struct span message,
	struct prepared **out)
{
	str_add(&seen.message, message);
	*out = NULL;
	return seen.prepare_rc;
}

enum rc message_prepare_file(struct store *s, struct arena *a, struct uuid id, struct span head,
	int fd, size_t total_size, struct prepared **out)
{
	char *room = str_reserve(&seen.message, total_size + 1);
	ssize_t n = pread(fd, room, total_size + 1, 0);
	assert_int_equal(n, total_size);
	seen.message.len += total_size;
	assert_memory_equal(head.ptr, room, head.len);
	seen.head_len = head.len;
	*out = NULL;
	return seen.prepare_rc;
}

void delivery_begin(struct store *s)
{
	seen.announced++;
}

void delivery_end(struct store *s)
{
	seen.announced--;
}

enum rc events_record(struct ctx *ctx, struct uuid trace_id, struct span mail_from,
	const struct delivery_event *events, size_t n)
{
	seen.n_events = n;
	for (size_t i = 0; i < n; i++) {
		str_addf(&seen.events, SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT "\n",
			SPAN_ARG(events[i].name), SPAN_ARG(events[i].rcpt),
			SPAN_ARG(events[i].text));
		snprintf(seen.evidence, sizeof seen.evidence, SPAN_FMT,
			SPAN_ARG(events[i].evidence));
	}
	return RC_OK;
}

enum rc message_deliver(struct store *s, struct ctx *ctx, const struct delivery *d)
{
	seen.n_targets = d->n_targets;
	for (size_t i = 0; i < d->n_targets; i++)
		seen.mailboxes[i] = d->targets[i].mailbox_id;
	seen.n_jobs = d->n_jobs;
	for (size_t i = 0; i < d->n_jobs; i++) {
		seen.jobs[i] = d->jobs[i];
		snprintf(seen.mail_from[i], sizeof seen.mail_from[i], SPAN_FMT,
			SPAN_ARG(d->jobs[i].mail_from));
	}
	(void)!events_record(ctx, (struct uuid){ { 0 } }, d->mail_from, d->events, d->n_events);
	return seen.deliver_rc;
}

enum rc mailbox_may_send_as(struct ctx *ctx, const struct mailbox_ref *mailbox, struct span address)
{
	if (seen.may_send_rc != RC_OK)
		return seen.may_send_rc;
	return span_ieq(address, mailbox->address) ? RC_OK : RC_DENIED;
}

enum rc domain_owner(struct ctx *c, struct span domain, struct domain_ref *out)
{
	if (!span_eq(domain, SPAN("here.test")))
		return RC_NOT_FOUND;
	*out = (struct domain_ref){ .domain_id = 5, .account_id = 9 };
	return RC_OK;
}

enum rc domain_is_local(struct ctx *c, struct span domain)
{
	struct domain_ref ref;
	return domain_owner(c, domain, &ref);
}

struct span domain_to_ascii(struct arena *a, struct span domain)
{
	return domain;
}

enum rc domain_dmarc_find(
	struct ctx *c, int64_t domain_id, struct span name, enum domain_dmarc *out)
{
	*out = DOMAIN_DMARC_APPLY;
	return RC_OK;
}

enum rc directory_srs_secret(struct ctx *c, struct span *out)
{
	*out = SPAN("0123456789abcdef");
	return RC_OK;
}

enum rc recipient_resolve(struct ctx *c, struct span local, struct span domain,
	struct recipients *out, struct err *err)
{
	static struct recipient one = { .kind = RECIPIENT_MAILBOX };
	if (!span_eq(domain, SPAN("here.test")))
		return RC_DENIED;
	*out = (struct recipients){ &one, 1 };
	return RC_OK;
}

/* --- stage ------------------------------------------------------------------------------------ */

static struct arena arena;
static struct ctx ctx;
static struct intake_env env;

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	ctx = (struct ctx){ .arena = &arena, .now_us = 1763836200LL * 1000000 };
	env = (struct intake_env){ .hostname = "mx.test",
		.spool_dir = "/tmp",
		.spool_threshold = 1000,
		.max_size = 100000 };
	seen = (__typeof__(seen)){ 0 };
	str_init(&seen.message, 1 << 20);
	str_init(&seen.events, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	str_done(&seen.message);
	str_done(&seen.events);
	return seen.announced; /* whatever became of a message, nobody waits for it any more */
}

static struct intake_source source_of(const struct mailbox_ref *sender)
{
	struct intake_source s = { .helo = SPAN("client.test"),
		.protocol = sender ? SPAN("ESMTPSA") : SPAN("ESMTP"),
		.tls = sender ? SPAN("TLSv1.3 TLS_AES_256_GCM_SHA384") : SPAN(""),
		.mail_from = SPAN("a@from.test"),
		.sender = sender };
	assert_true(addr_parse(SPAN("192.0.2.7"), &s.peer));
	return s;
}

static struct recipient mailbox(int64_t id, const char *address, const char *original)
{
	return (struct recipient){ .kind = RECIPIENT_MAILBOX,
		.mailbox = { .mailbox_id = id, .domain_id = 5, .address = span_of(address) },
		.original = span_of(original) };
}

static enum rc send_message(struct span message, const struct mailbox_ref *sender, struct err *err)
{
	struct intake_source source = source_of(sender);
	struct intake *in = intake_open(&env, &ctx, &source);
	struct recipient bob = mailbox(1, "bob@here.test", "Bob@here.test");
	struct uuid id;

	intake_add_rcpt(in, &bob);
	/* In pieces, so that the spool goes from memory to file in the middle. */
	for (size_t at = 0; at < message.len; at += 700)
		assert_int_equal(intake_write(in, span_sub(message, at, 700)), RC_OK);
	return intake_commit(in, &ctx, &id, err);
}

/* What was stored, without our two fields (of which the first must be Return-Path). */
static struct span below_trace(void)
{
	struct span rest = str_span(&seen.message);
	assert_true(span_starts(rest, SPAN("Return-Path: <a@from.test>\r\nReceived: from ")));
	for (int fields = 0; fields < 2; fields++) {
		do
			rest = span_from(rest, span_find(rest, '\n') + 1);
		while (rest.len > 0 && ascii_is_space(rest.ptr[0]));
	}
	return rest;
}

/* --- tests ------------------------------------------------------------------------------------ */

struct pass_case {
	struct span in, out;
};

static void check_pass(const struct pass_case *c, const struct mailbox_ref *sender)
{
	struct err err = { 0 };
	str_clear(&seen.message);
	assert_int_equal(send_message(c->in, sender, &err), RC_OK);
	struct span got = below_trace();
	if (!span_eq(got, c->out))
		fail_msg("got <" SPAN_FMT ">", SPAN_ARG(got));
}

static void the_message_stays_as_it_is(void **state)
{
	static const struct pass_case cases[] = {
		{ SPAN("From: a\r\n\r\nbody\r\n"), SPAN("From: a\r\n\r\nbody\r\n") },
		{ SPAN("no header\r\n"), SPAN("no header\r\n") },
		{ SPAN("\r\nbody\r\n"), SPAN("\r\nbody\r\n") },
		{ SPAN(" x\r\n\r\nbody\r\n"), SPAN("\r\n x\r\n\r\nbody\r\n") },
		{ SPAN(""), SPAN("\r\n") },
		{ SPAN("From mbox\r\nX : y\r\n\xff\0z\r\nBcc: c\r\n\r\n"),
			SPAN("From mbox\r\nX : y\r\n\xff\0z\r\nBcc: c\r\n\r\n") },
		/* what claims to be ours goes */
		{ SPAN("Return-Path: <x>\r\nA: 1\r\nreturn-path:\r\n <y>\r\nB: 2\r\n\r\nx\r\n"),
			SPAN("A: 1\r\nB: 2\r\n\r\nx\r\n") },
		{ SPAN("Authentication-Results: mx.test; spf=pass\r\n\r\n"), SPAN("\r\n") },
		{ SPAN("authentication-results : (a(b)) MX.Test 1;\r\n\tspf=pass\r\n\r\n"),
			SPAN("\r\n") },
		{ SPAN("Authentication-Results:\r\n \"mx.test\"; none\r\n\r\n"), SPAN("\r\n") },
		{ SPAN("Authentication-Results: other.test; x=pass\r\n\r\n"),
			SPAN("Authentication-Results: other.test; x=pass\r\n\r\n") },
		{ SPAN("Authentication-Results: mx.test.other; x=pass\r\n\r\n"),
			SPAN("Authentication-Results: mx.test.other; x=pass\r\n\r\n") },
		/* the body is not looked at */
		{ SPAN("A: 1\r\n\r\nReturn-Path: <x>\r\n"),
			SPAN("A: 1\r\n\r\nReturn-Path: <x>\r\n") },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		check_pass(&cases[i], NULL);
}

static void large_messages_go_through_a_file(void **state)
{
	struct str message;
	struct err err = { 0 };

	str_init(&message, 1 << 20);
	str_add(&message, SPAN("From: a\r\nReturn-Path: <x>\r\nTo: b\r\n\r\n"));
	while (message.len < 90000)
		str_addf(&message, "line %zu\r\n", message.len);
	assert_int_equal(send_message(str_span(&message), NULL, &err), RC_OK);
	struct span got = below_trace();
	assert_true(span_starts(got, SPAN("From: a\r\nTo: b\r\n\r\nline ")));
	struct span body =
		span_from(str_span(&message), span_ifind_span(str_span(&message), SPAN("line")));
	assert_true(span_ends(got, body));
	assert_int_equal(got.len, SPAN("From: a\r\nTo: b\r\n\r\n").len + body.len);
	assert_int_equal(seen.head_len + body.len, seen.message.len);
	str_done(&message);
}

static void the_trace_says_where_it_came_from(void **state)
{
	struct err err = { 0 };
	assert_int_equal(send_message(SPAN("A: 1\r\n\r\n"), NULL, &err), RC_OK);
	struct span m = header_text_of(&arena, str_span(&seen.message), SPAN("Received"));
	assert_true(
		span_starts(m, SPAN("from client.test ([192.0.2.7]) by mx.test with ESMTP id ")));
	assert_true(span_ends(m, SPAN(" for <Bob@here.test>; Sat, 22 Nov 2025 18:30:00 +0000")));
	assert_string_equal(str_cstr(&seen.events),
		"message.delivered|bob@here.test|Received from client.test at 192.0.2.7 without "
		"encryption, stored in the inbox of bob@here.test.\n");
	assert_string_equal(seen.evidence,
		"{\"peer\":\"192.0.2.7\",\"helo\":\"client.test\",\"protocol\":\"ESMTP\","
		"\"tls\":\"\",\"size\":8}");
}

static void several_recipients_do_not_see_each_other(void **state)
{
	struct intake_source source = source_of(NULL);
	struct intake *in = intake_open(&env, &ctx, &source);
	struct recipient rcpts[] = { mailbox(1, "bob@here.test", "bob@here.test"),
		mailbox(2, "eve@here.test", "eve@here.test"),
		mailbox(1, "bob@here.test", "b.alias@here.test") };
	struct uuid id;
	struct err err = { 0 };

	for (size_t i = 0; i < COUNT(rcpts); i++)
		intake_add_rcpt(in, &rcpts[i]);
	assert_int_equal(intake_write(in, SPAN("A: 1\r\n\r\n")), RC_OK);
	assert_int_equal(intake_commit(in, &ctx, &id, &err), RC_OK);
	assert_true(span_ifind_span(str_span(&seen.message), SPAN("@here.test")) == SPAN_NPOS);
	assert_int_equal(seen.n_targets, 2); /* each mailbox once */
	assert_int_equal(seen.mailboxes[0], 1);
	assert_int_equal(seen.mailboxes[1], 2);
	assert_int_equal(seen.n_events, 2);
}

static void helo_names(void **state)
{
	static const struct {
		struct span helo;
		bool ok;
	} cases[] = {
		{ SPAN("mail.test"), true },
		{ SPAN("[192.0.2.1]"), true },
		{ SPAN("[IPv6:2001:db8::1]"), true },
		{ SPAN("my_pc"), true },
		{ SPAN(""), false },
		{ SPAN("[192.0.2]"), false },
		{ SPAN("[2001:db8::1]"), false },
		{ SPAN("a;b"), false },
		{ SPAN("a(b"), false },
		{ SPAN("b\xc3\xbc"), false },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(helo_is_name(cases[i].helo), cases[i].ok);
}

static void loops_and_two_authors_are_refused(void **state)
{
	struct str head;
	struct err err = { 0 };

	str_init(&head, 1 << 20);
	for (int i = 0; i < HEAD_RECEIVED_MAX; i++)
		str_add(&head, SPAN("Received: from x\r\n by y; date\r\n"));
	assert_int_equal(head_check(str_span(&head), &err), RC_OK);
	str_add(&head, SPAN("received: z\r\n"));
	assert_int_equal(head_check(str_span(&head), &err), RC_LIMIT);
	assert_string_equal(err.field, "5.4.6");
	str_done(&head);

	assert_int_equal(
		send_message(SPAN("From: a@b\r\nFROM: c@d\r\n\r\n"), NULL, &err), RC_INVALID);
	assert_string_equal(err.field, "5.7.1");
	assert_int_equal(seen.n_targets, 0);
}

/* The owner of the mailbox can see what did not arrive, and find it by its Message-ID. */
static void refused_messages_leave_a_trace(void **state)
{
	struct err err = { 0 };

	assert_int_equal(send_message(SPAN("From: a@b\r\nFrom: c@d\r\nMessage-ID: <x\xff@y>\r\n"
					   "Subject: =?utf-8?q?gr=C3=BCn?=\r\n\r\n"),
				 NULL, &err),
		RC_INVALID);
	assert_string_equal(str_cstr(&seen.events),
		"message.refused|bob@here.test|A message from the server 192.0.2.7 was refused: "
		"A message may have one From header field only.\n");
	assert_string_equal(seen.evidence,
		"{\"peer\":\"192.0.2.7\",\"helo\":\"client.test\",\"tls\":\"\",\"size\":76,"
		"\"status\":\"5.7.1\",\"message_id\":\"x\xef\xbf\xbd@y\","
		"\"subject\":\"gr\xc3\xbcn\"}");

	/* What the speaker refuses itself: here nothing was kept. */
	struct intake_source source = source_of(NULL);
	struct intake *in = intake_open(&env, &ctx, &source);
	struct recipient bob = mailbox(1, "bob@here.test", "Bob@here.test");
	intake_add_rcpt(in, &bob);
	str_clear(&seen.events);
	(void)err_set(&err, RC_LIMIT, "", "The message is too large");
	intake_refuse(in, &ctx, &err);
	assert_string_equal(str_cstr(&seen.events),
		"message.refused|bob@here.test|A message from the server 192.0.2.7 was refused: "
		"The message is too large\n");
	assert_string_equal(seen.evidence,
		"{\"peer\":\"192.0.2.7\",\"helo\":\"client.test\",\"tls\":\"\",\"size\":0,"
		"\"status\":\"\",\"subject\":\"\"}");
}

static void failures_are_passed_on(void **state)
{
	struct err err = { 0 };
	seen.deliver_rc = RC_TEMP;
	assert_int_equal(send_message(SPAN("A: 1\r\n\r\n"), NULL, &err), RC_TEMP);
	seen.prepare_rc = RC_TEMP;
	seen.n_targets = 0;
	assert_string_equal(err.field, ""); /* the database */
	assert_int_equal(send_message(SPAN("A: 1\r\n\r\n"), NULL, &err), RC_TEMP);
	assert_string_equal(err.field, "4.3.1"); /* the disk */
	assert_int_equal(seen.n_targets, 0);
	assert_true(intake_has_room(&env, 1));
	env.disk_reserve = (size_t)1 << 60;
	assert_false(intake_has_room(&env, 0));

	/* A spool directory that is not there. */
	env.spool_dir = "/nonexistent";
	struct intake_source source = source_of(NULL);
	struct intake *in = intake_open(&env, &ctx, &source);
	char bytes[1001] = { 0 };
	assert_int_equal(intake_write(in, span_make(bytes, 1000)), RC_OK);
	assert_int_equal(intake_write(in, span_make(bytes, 1)), RC_TEMP);
	intake_abort(in);
}

static void size_is_limited_to_the_byte(void **state)
{
	struct intake_source source = source_of(NULL);
	struct intake *in = intake_open(&env, &ctx, &source);
	char bytes[1000] = { 0 };

	for (size_t n = 0; n < env.max_size; n += sizeof bytes)
		assert_int_equal(intake_write(in, span_make(bytes, sizeof bytes)), RC_OK);
	assert_int_equal(intake_size(in), env.max_size);
	assert_int_equal(intake_write(in, span_make(bytes, 1)), RC_LIMIT);
	assert_int_equal(intake_write(in, SPAN("")), RC_LIMIT); /* for good */
	intake_abort(in);
}

/* --- submission ------------------------------------------------------------------------------- */

static const struct mailbox_ref ann = {
	.mailbox_id = 9, .domain_id = 6, .address = SPAN("ann@from.test")
};

static void submission_is_completed(void **state)
{
	static const struct pass_case cases[] = {
		{ SPAN("From: Ann <ann@from.test>\r\nDate: x\r\nMessage-ID: <y>\r\nBcc: eve@x\r\n"
		       "Resent-bcc:\r\n eve\r\nTo: b\r\n\r\nbody\r\n"),
			SPAN("From: Ann <ann@from.test>\r\nDate: x\r\nMessage-ID: <y>\r\nTo: b\r\n\r\nbody\r\n") },
	};
	check_pass(&cases[0], &ann);

	struct err err = { 0 };
	str_clear(&seen.message);
	assert_int_equal(send_message(SPAN("From: ann@from.test\r\n\r\n"), &ann, &err), RC_OK);
	struct span got = below_trace();
	assert_true(
		span_starts(got, SPAN("Date: Sat, 22 Nov 2025 18:30:00 +0000\r\nMessage-ID: <")));
	assert_true(span_ends(got, SPAN("@mx.test>\r\nFrom: ann@from.test\r\n\r\n")));
	assert_true(
		span_ifind_span(str_span(&seen.events),
			SPAN("message.submitted||Sent by ann@from.test from 192.0.2.7 over TLS.\n")) !=
		SPAN_NPOS);
}

static void submission_needs_an_own_author(void **state)
{
	static const struct {
		const char *head;
		enum rc rc;
		const char *status;
	} cases[] = {
		{ "From: ann@from.test\r\n", RC_OK, "" },
		{ "From: \"eve@x.test\" <Ann@From.test>\r\n", RC_OK, "" },
		{ "From: ann@from.test\r\nSender: ann@from.test\r\n", RC_OK, "" },
		{ "From: eve@x.test\r\n", RC_DENIED, "5.7.1" },
		{ "From: ann@from.test, eve@x.test\r\n", RC_DENIED, "5.7.1" },
		{ "From: ann@from.test <eve@x.test>\r\n", RC_DENIED, "5.7.1" },
		{ "From: g: ann@from.test, eve@x.test;\r\n", RC_DENIED, "5.7.1" },
		{ "From: ann@from.test\r\nSender: eve@x.test\r\n", RC_DENIED, "5.7.1" },
		{ "From: ann@from.test\r\nResent-From: eve@x.test\r\n", RC_DENIED, "5.7.1" },
		{ "From: ann@from.test\r\nFrom: eve@x.test\r\n", RC_INVALID, "5.7.1" },
		{ "To: ann@from.test\r\n", RC_INVALID, "5.6.0" },
		{ "From:\r\n", RC_INVALID, "5.6.0" },
		{ "From: ann\r\n", RC_INVALID, "5.6.0" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		enum rc rc = send_message(span_of(cases[i].head), &ann, &err);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].head, rc_name(rc));
		assert_string_equal(err.field, cases[i].status);
	}
	/* Not knowing is not refusing. */
	struct err err = { 0 };
	seen.may_send_rc = RC_TEMP;
	assert_int_equal(send_message(SPAN("From: ann@from.test\r\n"), &ann, &err), RC_TEMP);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

/* --- recipients on other servers ------------------------------------------------------------- */

#define HELLO_MESSAGE "From: a@from.test\r\nSubject: x\r\n\r\nHello\r\n"

static enum rc send_outside(struct span message, const struct mailbox_ref *sender,
	struct span mail_from, const char *original, bool with_local, struct err *err)
{
	struct intake_source source = source_of(sender);
	struct recipient far = { .kind = RECIPIENT_REMOTE,
		.address = SPAN("bob@far.test"),
		.original = span_of(original),
		.notify = NOTIFY_DELAY,
		.orcpt = SPAN("rfc822;x") };
	struct recipient near = mailbox(1, "bob@here.test", original);
	struct uuid id;

	source.mail_from = mail_from;
	source.smtputf8 = true;
	struct intake *in = intake_open(&env, &ctx, &source);
	intake_add_rcpt(in, &far);
	intake_add_rcpt(in, &far);
	if (with_local)
		intake_add_rcpt(in, &near);
	assert_int_equal(intake_write(in, message), RC_OK);
	return intake_commit(in, &ctx, &id, err);
}

static void our_users_mail_goes_out(void **state)
{
	struct mailbox_ref sender = { .mailbox_id = 3,
		.domain_id = 5,
		.account_id = 9,
		.address = SPAN("a@from.test"),
		.hold_out = true };
	struct err err = { 0 };

	assert_int_equal(send_outside(SPAN(HELLO_MESSAGE), &sender, SPAN("a@from.test"),
				 "bob@far.test", false, &err),
		RC_OK);
	assert_int_equal(seen.n_jobs, 1);
	assert_int_equal(seen.n_targets, 0);
	assert_string_equal(seen.mail_from[0], "a@from.test");
	assert_int_equal(seen.jobs[0].mailbox_id, 3);
	assert_int_equal(seen.jobs[0].account_id, 9);
	assert_int_equal(seen.jobs[0].notify, NOTIFY_DELAY);
	assert_false(seen.jobs[0].smtputf8 || seen.jobs[0].body_8bit);
	assert_true(span_eq(seen.jobs[0].hold_reason, SPAN("hold_out")));
	assert_non_null(strstr(seen.events.ptr, "message.queued|bob@far.test|"));
	assert_int_equal(span_find_span(str_span(&seen.message), SPAN("Delivered-To")), SPAN_NPOS);

	struct span utf8 = SPAN("From: a@from.test\r\nSubject: \xc3\xa4\r\n\r\nx\r\n");
	assert_int_equal(
		send_outside(utf8, &sender, SPAN("a@from.test"), "bob@far.test", false, &err),
		RC_OK);
	assert_true(seen.jobs[0].smtputf8 && seen.jobs[0].body_8bit);
}

/* REQUIREMENTS 10, 16: rewritten sender, both targets, and no circles. */
static void an_alias_forwards(void **state)
{
	struct err err = { 0 };

	assert_int_equal(send_outside(SPAN(HELLO_MESSAGE), NULL, SPAN("a@from.test"),
				 "alias@here.test", true, &err),
		RC_OK);
	assert_int_equal(seen.n_jobs, 1);
	assert_int_equal(seen.n_targets, 1);
	assert_int_equal(seen.jobs[0].mailbox_id, 0);
	assert_int_equal(seen.jobs[0].domain_id, 5);
	struct span rewritten = span_of(seen.mail_from[0]);
	assert_true(span_starts(rewritten, SPAN("SRS0=")));
	assert_true(span_ends(rewritten, SPAN("=from.test=a@here.test")));
	assert_true(span_find_span(str_span(&seen.message),
			    SPAN("\r\nDelivered-To: alias@here.test\r\n")) != SPAN_NPOS);

	/* The bounce finds its way back. */
	struct recipients back;
	size_t at = span_rfind(rewritten, '@');
	assert_int_equal(
		rcpt_unwind(&ctx, span_sub(rewritten, 0, at), SPAN("here.test"), &back, &err),
		RC_OK);
	assert_int_equal(back.items[0].kind, RECIPIENT_REMOTE);
	assert_true(span_eq(back.items[0].address, SPAN("a@from.test")));
	assert_int_equal(rcpt_unwind(&ctx, SPAN("SRS0=AAAAAA=AA=from.test=a"), SPAN("here.test"),
				 &back, &err),
		RC_NOT_FOUND);
	assert_int_equal(
		rcpt_unwind(&ctx, SPAN("bob"), SPAN("here.test"), &back, &err), RC_INVALID);

	assert_int_equal(send_outside(SPAN("Delivered-To: Alias@here.test\r\n" HELLO_MESSAGE), NULL,
				 SPAN("a@from.test"), "alias@here.test", true, &err),
		RC_LIMIT);
	assert_string_equal(err.field, "5.4.6");
}

static void the_null_sender_stays(void **state)
{
	struct err err = { 0 };

	assert_int_equal(
		send_outside(SPAN(HELLO_MESSAGE), NULL, SPAN(""), "alias@here.test", false, &err),
		RC_OK);
	assert_string_equal(seen.mail_from[0], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_message_stays_as_it_is),
		TEST(large_messages_go_through_a_file),
		TEST(the_trace_says_where_it_came_from),
		TEST(several_recipients_do_not_see_each_other),
		TEST(helo_names),
		TEST(loops_and_two_authors_are_refused),
		TEST(refused_messages_leave_a_trace),
		TEST(failures_are_passed_on),
		TEST(size_is_limited_to_the_byte),
		TEST(submission_is_completed),
		TEST(submission_needs_an_own_author),
		TEST(our_users_mail_goes_out),
		TEST(an_alias_forwards),
		TEST(the_null_sender_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
