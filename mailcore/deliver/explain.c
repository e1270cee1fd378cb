/*
 * What a reply means; see explain.h.
 *
 * Enhanced status codes are what the standards offer (RFC 3463), and many servers put the wrong one
 * or none: the words come first where they are unmistakable.
 */
#include "mailcore/deliver/explain.h"

#include <stddef.h>

/* --- what is said ----------------------------------------------------------------------------- */

#define S(lit)                                                                                     \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	} /* SPAN for static tables */

/* clang-format off */
static const struct explanation explanations[] = {
	[EXPLAIN_UNKNOWN_USER] = { EXPLAIN_UNKNOWN_USER, S("unknown_user"),
		S("The address does not exist at the recipient's provider."),
		S("Check the part before the @ for a typing error, and ask the recipient "
			  "for the right address by another way.") },
	[EXPLAIN_NO_DOMAIN] = { EXPLAIN_NO_DOMAIN, S("no_domain"),
		S("The part after the @ does not exist or takes no mail."),
		S("Check the domain for a typing error. If it is right, its owner has to "
			  "mend its DNS.") },
	[EXPLAIN_MAILBOX_FULL] = { EXPLAIN_MAILBOX_FULL, S("mailbox_full"),
		S("The recipient's mailbox is full."),
		S("Tell the recipient by another way; they have to make room.") },
	[EXPLAIN_MAILBOX_OFF] = { EXPLAIN_MAILBOX_OFF, S("mailbox_off"),
		S("The recipient's mailbox exists but has been switched off."),
		S("Reach the recipient by another way, or ask for another address.") },
	[EXPLAIN_GREYLISTED] = { EXPLAIN_GREYLISTED, S("greylisted"),
		S("The recipient's server lets first-time senders wait (greylisting)."),
		S("Nothing has to be done: we try again in a few minutes, and then it is "
			  "usually taken.") },
	[EXPLAIN_RATE_LIMITED] = { EXPLAIN_RATE_LIMITED, S("rate_limited"),
		S("The recipient's provider takes no more mail from us for a while."),
		S("We slow down and try again. If it happens often, send large mailings "
			  "in smaller parts.") },
	[EXPLAIN_SPAM] = { EXPLAIN_SPAM, S("spam"),
		S("The recipient's provider takes the message for spam."),
		S("Change subject and text, leave out links and attachments, and send it "
			  "again; or ask the recipient to allow your address.") },
	[EXPLAIN_BLOCKED_ADDRESS] = { EXPLAIN_BLOCKED_ADDRESS, S("blocked_address"),
		S("The recipient's provider blocks the address of our server."),
		S("The server's operator has to ask for removal from the list that the "
			  "reply names. Sending it again does not help.") },
	[EXPLAIN_AUTHENTICATION] = { EXPLAIN_AUTHENTICATION, S("authentication"),
		S("The recipient's provider cannot verify that the mail comes from its "
			  "sender."),
		S("Look at the DNS page of the sender's domain: SPF, DKIM, DMARC and the "
			  "server's reverse name must be right there.") },
	[EXPLAIN_TOO_LARGE] = { EXPLAIN_TOO_LARGE, S("too_large"),
		S("The message is larger than the recipient's provider allows."),
		S("Send smaller attachments, or a link to them.") },
	[EXPLAIN_TLS] = { EXPLAIN_TLS, S("tls"),
		S("No connection with the encryption that is demanded could be made."),
		S("The operators of the two servers have to look at certificate and TLS "
			  "settings; the reply says what was wrong.") },
	[EXPLAIN_RELAY] = { EXPLAIN_RELAY, S("relay"),
		S("The server that the domain names does not take mail for it."),
		S("The owner of the recipient's domain has to mend its MX record or the "
			  "server behind it.") },
	[EXPLAIN_POLICY] = { EXPLAIN_POLICY, S("policy"),
		S("The recipient's provider refuses the message by a rule of its own."),
		S("The reply may say which. Ask the recipient to allow your address.") },
	[EXPLAIN_CONTENT] = { EXPLAIN_CONTENT, S("content"),
		S("The recipient's provider does not accept something in the message."),
		S("Often it is an attachment of a forbidden kind: send it in another form, "
			  "or a link to it.") },
	[EXPLAIN_SMTPUTF8] = { EXPLAIN_SMTPUTF8, S("smtputf8"),
		S("The recipient's server cannot handle addresses with letters beyond "
			  "ASCII."),
		S("Send it from, and to, an address in plain letters.") },
	[EXPLAIN_8BIT] = { EXPLAIN_8BIT, S("8bit"),
		S("The recipient's server takes plain ASCII text only."),
		S("Send the message again from your mail program or webmail, which encode it, "
			  "instead of forwarding it.") },
	[EXPLAIN_LOOP] = { EXPLAIN_LOOP, S("loop"),
		S("The message goes round in a circle."),
		S("Look for forwardings that lead back, and whether the domain's MX record "
			  "names the right server.") },
	[EXPLAIN_DNS] = { EXPLAIN_DNS, S("dns"),
		S("The recipient's domain could not be looked up in DNS just now."),
		S("We try again. If it stays so, the domain's name servers are broken; its "
			  "owner has to mend them.") },
	[EXPLAIN_UNREACHABLE] = { EXPLAIN_UNREACHABLE, S("unreachable"),
		S("The recipient's server cannot be reached, or does not answer."),
		S("We try again. Usually it comes back; nothing has to be done.") },
	[EXPLAIN_BUSY] = { EXPLAIN_BUSY, S("busy"),
		S("The recipient's server is busy, or being serviced."),
		S("We try again; nothing has to be done.") },
	[EXPLAIN_LOGIN] = { EXPLAIN_LOGIN, S("login"),
		S("The server that is to relay our mail refuses our log-in."),
		S("Check user and password of the smarthost in the settings.") },
	[EXPLAIN_PROTOCOL] = { EXPLAIN_PROTOCOL, S("protocol"),
		S("The recipient's server does not keep to the rules of mail transfer."),
		S("We try again. If it stays so, its operator has to look at it.") },
	[EXPLAIN_OTHER_TEMPORARY] = { EXPLAIN_OTHER_TEMPORARY, S("temporary"),
		S("The recipient's server does not take the message at the moment."),
		S("We try again; nothing has to be done.") },
	[EXPLAIN_OTHER_PERMANENT] = { EXPLAIN_OTHER_PERMANENT, S("refused"),
		S("The recipient's server refuses the message for good."),
		S("The reply says why, in the words of that server. Ask the recipient or "
			  "their provider.") },
};

/* clang-format on */

/* --- how it is recognised --------------------------------------------------------------------- */

#define TEMPORARY 1
#define PERMANENT 2
#define OURS      4 /* no reply: our own finding */
#define ANY       (TEMPORARY | PERMANENT | OURS)
#define REPLIES   (TEMPORARY | PERMANENT)

struct row {
	unsigned when;
	int code;           /* 0: any */
	const char *status; /* subject and detail, "1.1"; NULL: any */
	const char *words;  /* "|" between; one of them stands in the text; NULL: any */
	enum explain_reason reason;
};

/* clang-format off */
static const struct row rows[] = {
	/* words that leave no doubt */
	{ TEMPORARY, 0, NULL, "greylist|graylist|grey-list|gray-list", EXPLAIN_GREYLISTED },
	{ TEMPORARY, 0, "7.1", "try again later|please try later|postponed", EXPLAIN_GREYLISTED },
	{ ANY, 0, NULL, "mailbox full|mailbox is full|over quota|overquota|quota exceeded|exceeded "
			"storage|out of storage|insufficient storage for mailbox|inbox is full|"
			"mailbox size limit", EXPLAIN_MAILBOX_FULL },
	{ REPLIES, 0, NULL, "spamhaus|barracudacentral|spamcop|sorbs|blocklist|block list|blacklist|"
			"black list|denylist|dnsbl| rbl|poor reputation|bad reputation|s3140|s3150|"
			"ip address is banned|blocked using", EXPLAIN_BLOCKED_ADDRESS },
	{ REPLIES, 0, NULL, "dmarc|dkim|spf |spf:|spf check|unauthenticated|not authenticated|"
			"reverse dns|ptr record|rdns|sender id|authentication checks|"
			"authentication requirements", EXPLAIN_AUTHENTICATION },
	{ REPLIES, 0, NULL, "rate limit|ratelimit|too many messages|too many connections|too many "
			"recipients|sending too fast|unusual rate|throttl|exceeded the rate|"
			"temporarily rate limited|unsolicited mail originating", EXPLAIN_RATE_LIMITED },
	{ REPLIES, 0, NULL, "spam|unsolicited|junk mail|suspicious|phish|bulk mail", EXPLAIN_SPAM },
	{ REPLIES, 0, NULL, "virus|malware|attachment|blocked file|dangerous content", EXPLAIN_CONTENT },
	{ REPLIES, 0, NULL, "relay access denied|relaying denied|relay not permitted|unable to relay|"
			"not permitted to relay|we do not relay|relaying not allowed", EXPLAIN_RELAY },
	{ REPLIES, 0, NULL, "mailbox disabled|account disabled|account is disabled|account has been "
			"disabled|mailbox is disabled|account inactive|is inactive|suspended",
		EXPLAIN_MAILBOX_OFF },
	{ REPLIES, 0, NULL, "user unknown|unknown user|no such user|no such recipient|unknown "
			"recipient|recipient unknown|user not found|recipient not found|does not "
			"exist|doesn't exist|invalid recipient|invalid mailbox|no mailbox here|"
			"mailbox not found|mailbox unavailable|no such address|address unknown|"
			"unknown address|recipientnotfound|recipient address rejected: undeliverable|"
			"not a valid mailbox", EXPLAIN_UNKNOWN_USER },
	{ ANY, 0, NULL, "tls required|must issue a starttls|starttls first|tls failed|starttls, which "
			"we must|encryption required|requires tls", EXPLAIN_TLS },
	{ REPLIES, 0, NULL, "too many hops|mail loop|routing loop|loops back|looping", EXPLAIN_LOOP },
	/* enhanced status codes */
	{ ANY, 0, "1.1", NULL, EXPLAIN_UNKNOWN_USER },
	{ ANY, 0, "1.2", NULL, EXPLAIN_NO_DOMAIN },
	{ ANY, 0, "1.3", NULL, EXPLAIN_UNKNOWN_USER },
	{ ANY, 0, "1.6", NULL, EXPLAIN_UNKNOWN_USER },
	{ ANY, 0, "1.10", NULL, EXPLAIN_NO_DOMAIN },
	{ ANY, 0, "1.8", NULL, EXPLAIN_AUTHENTICATION },
	{ ANY, 0, "2.1", NULL, EXPLAIN_MAILBOX_OFF },
	{ ANY, 0, "2.2", NULL, EXPLAIN_MAILBOX_FULL },
	{ ANY, 0, "2.3", NULL, EXPLAIN_TOO_LARGE },
	{ ANY, 0, "3.4", NULL, EXPLAIN_TOO_LARGE },
	{ ANY, 0, "3.2", NULL, EXPLAIN_BUSY },
	{ ANY, 0, "4.1", NULL, EXPLAIN_UNREACHABLE },
	{ ANY, 0, "4.2", NULL, EXPLAIN_UNREACHABLE },
	{ ANY, 0, "4.3", NULL, EXPLAIN_DNS },
	{ ANY, 0, "4.4", NULL, EXPLAIN_NO_DOMAIN },
	{ ANY, 0, "4.5", NULL, EXPLAIN_BUSY },
	{ ANY, 0, "4.6", NULL, EXPLAIN_LOOP },
	{ OURS, 0, "5.0", NULL, EXPLAIN_PROTOCOL },
	{ ANY, 0, "6.3", NULL, EXPLAIN_8BIT },
	{ ANY, 0, "6.7", NULL, EXPLAIN_SMTPUTF8 },
	{ ANY, 0, "6.0", NULL, EXPLAIN_CONTENT },
	{ ANY, 0, "6.1", NULL, EXPLAIN_CONTENT },
	{ ANY, 0, "7.4", NULL, EXPLAIN_TLS },
	{ ANY, 0, "7.5", NULL, EXPLAIN_TLS },
	{ ANY, 0, "7.8", NULL, EXPLAIN_LOGIN },
	{ OURS, 0, "7.10", NULL, EXPLAIN_LOGIN },
	{ REPLIES, 0, "7.10", NULL, EXPLAIN_TLS },
	{ REPLIES, 0, "7.20", NULL, EXPLAIN_AUTHENTICATION },
	{ REPLIES, 0, "7.23", NULL, EXPLAIN_AUTHENTICATION },
	{ REPLIES, 0, "7.25", NULL, EXPLAIN_AUTHENTICATION },
	{ REPLIES, 0, "7.26", NULL, EXPLAIN_AUTHENTICATION },
	{ REPLIES, 0, "7.28", NULL, EXPLAIN_RATE_LIMITED },
	{ PERMANENT, 0, "7.1", NULL, EXPLAIN_POLICY },
	{ PERMANENT, 0, "7.0", NULL, EXPLAIN_POLICY },
	{ TEMPORARY, 0, "7.0", NULL, EXPLAIN_RATE_LIMITED },
	{ TEMPORARY, 0, "7.1", NULL, EXPLAIN_GREYLISTED },
	/* bare codes of servers without enhanced ones */
	{ TEMPORARY, 421, NULL, NULL, EXPLAIN_BUSY },
	{ TEMPORARY, 450, NULL, "again later|try later", EXPLAIN_GREYLISTED },
	{ TEMPORARY, 454, NULL, "tls", EXPLAIN_TLS },
	{ TEMPORARY, 452, NULL, NULL, EXPLAIN_BUSY },
	{ PERMANENT, 535, NULL, NULL, EXPLAIN_LOGIN },
	{ PERMANENT, 530, NULL, NULL, EXPLAIN_LOGIN },
	{ PERMANENT, 552, NULL, NULL, EXPLAIN_TOO_LARGE },
	{ PERMANENT, 523, NULL, NULL, EXPLAIN_TOO_LARGE },
	{ PERMANENT, 556, NULL, NULL, EXPLAIN_NO_DOMAIN },
};
/* clang-format on */

/* "5.7.1" is "7.1" with a class before it. */
static bool status_fits(struct span status, const char *wanted)
{
	return !wanted || (status.len > 2 && span_eq(span_from(status, 2), span_of(wanted)));
}

static bool words_fit(struct span text, const char *words)
{
	struct span rest = span_of(words), word;

	while (words && span_split(&rest, '|', &word)) {
		if (span_ifind_span(text, word) != SPAN_NPOS)
			return true;
	}
	return !words;
}

static unsigned when_of(int code)
{
	if (code == 0)
		return OURS;
	return code / 100 == 5 ? PERMANENT : TEMPORARY;
}

const struct explanation *explain_reply(int code, struct span status, struct span text)
{
	unsigned when = when_of(code);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		if ((r->when & when) && (r->code == 0 || r->code == code) &&
			status_fits(status, r->status) && words_fit(text, r->words))
			return &explanations[r->reason];
	}
	bool permanent = code / 100 == 5 || (code == 0 && span_starts(status, SPAN("5")));
	return &explanations[permanent ? EXPLAIN_OTHER_PERMANENT : EXPLAIN_OTHER_TEMPORARY];
}
