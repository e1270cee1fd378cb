/* mailcore/deliver/explain: replies as they are in the wild, and what they mean. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/deliver/explain.h"

static const struct {
	int code;
	const char *status, *text;
	const char *word;
} cases[] = {
	{ 550, "5.1.1",
		"5.1.1 The email account that you tried to reach does not exist. Please try "
		"double-checking the recipient's email address gsmtp",
		"unknown_user" },
	{ 550, "5.1.1",
		"5.1.1 <x@y.test>: Recipient address rejected: User unknown in virtual mailbox "
		"table",
		"unknown_user" },
	{ 550, "5.5.0", "5.5.0 Requested action not taken: mailbox unavailable", "unknown_user" },
	{ 550, "5.1.10",
		"5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address "
		"lookup",
		"unknown_user" },
	{ 552, "5.2.2", "5.2.2 The email account that you tried to reach is over quota gsmtp",
		"mailbox_full" },
	{ 452, "4.2.2", "4.2.2 The recipient's inbox is out of storage space", "mailbox_full" },
	{ 550, "5.2.1", "5.2.1 The email account that you tried to reach is disabled",
		"mailbox_off" },
	{ 450, "4.2.0",
		"4.2.0 <x@y.test>: Recipient address rejected: Greylisted, see "
		"http://postgrey.schweikert.ch/help/",
		"greylisted" },
	{ 451, "4.7.1", "4.7.1 Greylisting in action, please come back later", "greylisted" },
	{ 451, "4.7.1", "4.7.1 Try again later", "greylisted" },
	{ 421, "4.7.28",
		"4.7.28 Our system has detected an unusual rate of unsolicited mail originating "
		"from your IP address",
		"rate_limited" },
	{ 421, "4.7.0",
		"4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected "
		"volume or user complaints",
		"rate_limited" },
	{ 550, "5.7.1",
		"5.7.1 Our system has detected that this message is likely unsolicited mail",
		"spam" },
	{ 554, "5.7.1",
		"5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
		"zen.spamhaus.org",
		"blocked_address" },
	{ 550, "5.7.1",
		"5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your "
		"Internet service provider since part of their network is on our block list "
		"(S3140)",
		"blocked_address" },
	{ 550, "5.7.26",
		"5.7.26 Unauthenticated email from me.test is not accepted due to domain's DMARC "
		"policy",
		"authentication" },
	{ 550, "5.7.25", "5.7.25 The IP address sending this message does not have a PTR record",
		"authentication" },
	{ 550, "5.7.23", "5.7.23 The message was rejected because the SPF record says no",
		"authentication" },
	{ 552, "5.3.4", "5.3.4 Message size exceeds fixed limit", "too_large" },
	{ 552, "5.0.0", "message too big", "too_large" },
	{ 530, "5.7.0", "5.7.0 Must issue a STARTTLS command first", "tls" },
	{ 554, "5.7.1", "5.7.1 <x@y.test>: Relay access denied", "relay" },
	{ 554, "5.4.6", "5.4.6 Too many hops", "loop" },
	{ 552, "5.7.0",
		"5.7.0 This message was blocked because its content presents a potential "
		"security issue: attachment",
		"content" },
	{ 550, "5.7.1", "5.7.1 Access denied", "policy" },
	{ 421, "4.3.2", "4.3.2 Service shutting down", "busy" },
	{ 421, "4.0.0", "bye", "busy" },
	{ 451, "4.0.0", "local error", "temporary" },
	{ 554, "5.0.0", "transaction failed", "refused" },
	{ 535, "5.7.8", "5.7.8 authentication failed", "login" },
	{ 0, "4.4.1", "connection failed: Connection refused", "unreachable" },
	{ 0, "4.4.2", "the server closed the connection", "unreachable" },
	{ 0, "4.4.3", "DNS gave no answer about x.test.", "dns" },
	{ 0, "5.1.2", "The domain x.test does not exist.", "no_domain" },
	{ 0, "5.1.10", "The domain x.test says that it takes no mail.", "no_domain" },
	{ 0, "5.4.6", "Mail for x.test leads back to this server", "loop" },
	{ 0, "5.6.3", "the server does not offer 8BITMIME", "8bit" },
	{ 0, "5.6.7", "the server does not offer SMTPUTF8", "smtputf8" },
	{ 0, "4.7.5", "TLS failed: certificate has expired", "tls" },
	{ 0, "4.5.0", "the server spoke out of turn", "protocol" },
};

static void test_table(void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct explanation *e = explain_reply(
			cases[i].code, span_of(cases[i].status), span_of(cases[i].text));
		if (!span_eq(e->word, span_of(cases[i].word)))
			fail_msg("%s: " SPAN_FMT, cases[i].text, SPAN_ARG(e->word));
		assert_true(span_ends(e->meaning, SPAN(".")) && span_ends(e->advice, SPAN(".")));
	}
}

static void test_every_code_has_an_answer(void **state)
{
	for (int code = 0; code < 600; code++) {
		const struct explanation *e = explain_reply(code, SPAN(""), SPAN(""));
		assert_true(e->word.len > 0 && e->meaning.len > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_code_has_an_answer),
	};
	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
