/* Apple's configuration profile for one mail account (com.apple.mail.managed). */
#include <openssl/sha.h>
#include <string.h>

#include "webui/setup/client_files.h"
#include "webui/setup/xml.h"

static void add_string(struct str *out, const char *key, struct span value)
{
	xml_add(out, "key", span_of(key));
	xml_add(out, "string", value);
}

static void add_number(struct str *out, const char *key, unsigned value)
{
	xml_add(out, "key", span_of(key));
	xml_add_number(out, "integer", value);
}

static void add_bool(struct str *out, const char *key, bool value)
{
	xml_add(out, "key", span_of(key));
	str_add_cstr(out, value ? "<true/>\n" : "<false/>\n");
}

/* The same account has the same id each time: the device replaces the profile instead of adding a
 * second account. Marked as version 8 of RFC 9562: made by a hash of our own. */
static void add_uuid(struct str *out, const char *what, struct span address)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct str text, uuid;

	str_init(&text, 1024);
	str_init(&uuid, 64);
	str_addf(&text, "mailstead.%s." SPAN_FMT, what, SPAN_ARG(address));
	(void)SHA256((const unsigned char *)str_span(&text).ptr, text.len, hash);
	hash[6] = (hash[6] & 0x0f) | 0x80;
	hash[8] = (hash[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < 16; i++)
		str_addf(
			&uuid, "%s%02X", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", hash[i]);
	add_string(out, "PayloadUUID", str_span(&uuid));
	str_done(&text);
	str_done(&uuid);
}

/* com.example.mail.alice: the domain backwards would be usual; any text that stays will do. */
static void add_payload(struct str *out, const char *type, const char *what, struct span address,
	struct span domain)
{
	struct str id;

	str_init(&id, 1024);
	str_addf(&id, "mailstead.%s." SPAN_FMT, what, SPAN_ARG(address));
	add_string(out, "PayloadType", span_of(type));
	add_number(out, "PayloadVersion", 1);
	add_string(out, "PayloadIdentifier", str_span(&id));
	add_uuid(out, what, address);
	add_string(out, "PayloadDisplayName", address);
	add_string(out, "PayloadOrganization", domain);
	str_done(&id);
}

static void add_account(
	struct str *out, const struct client_servers *s, struct span address, struct span password)
{
	str_add_cstr(out, "<dict>\n");
	add_payload(out, "com.apple.mail.managed", "account", address, s->domain);
	add_string(out, "EmailAccountDescription", address);
	add_string(out, "EmailAccountType", SPAN("EmailTypeIMAP"));
	add_string(out, "EmailAddress", address);
	add_string(out, "IncomingMailServerAuthentication", SPAN("EmailAuthPassword"));
	add_string(out, "IncomingMailServerHostName", s->hostname);
	add_number(out, "IncomingMailServerPortNumber", s->imaps_port);
	add_bool(out, "IncomingMailServerUseSSL", true);
	add_string(out, "IncomingMailServerUsername", address);
	if (password.len > 0)
		add_string(out, "IncomingPassword", password);
	add_string(out, "OutgoingMailServerAuthentication", SPAN("EmailAuthPassword"));
	add_string(out, "OutgoingMailServerHostName", s->hostname);
	add_number(out, "OutgoingMailServerPortNumber", s->submissions_port);
	add_bool(out, "OutgoingMailServerUseSSL", true);
	add_string(out, "OutgoingMailServerUsername", address);
	add_bool(out, "OutgoingPasswordSameAsIncomingPassword", true);
	add_bool(out, "PreventMove", false);
	add_bool(out, "SMIMEEnabled", false);
	str_add_cstr(out, "</dict>\n");
}

void mobileconfig_add(
	struct str *out, const struct client_servers *s, struct span address, struct span password)
{
	str_add_cstr(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\">\n<dict>\n");
	add_payload(out, "Configuration", "profile", address, s->domain);
	add_bool(out, "PayloadRemovalDisallowed", false);
	xml_add(out, "key", SPAN("PayloadContent"));
	str_add_cstr(out, "<array>\n");
	add_account(out, s, address, password);
	str_add_cstr(out, "</array>\n</dict>\n</plist>\n");
}
