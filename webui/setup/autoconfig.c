/* Thunderbird's autoconfig, version 1.1. */
#include "webui/setup/client_files.h"
#include "webui/setup/xml.h"

struct server {
	const char *element, *type;
	unsigned port;
	const char *socket;
};

static void add_server(struct str *out, const struct client_servers *s, const struct server *server)
{
	str_addf(out, "<%s type=\"%s\">\n", server->element, server->type);
	xml_add(out, "hostname", s->hostname);
	xml_add_number(out, "port", server->port);
	xml_add(out, "socketType", span_of(server->socket));
	xml_add(out, "username", SPAN("%EMAILADDRESS%"));
	xml_add(out, "authentication", SPAN("password-cleartext"));
	str_addf(out, "</%s>\n", server->element);
}

void autoconfig_add(struct str *out, const struct client_servers *s)
{
	const struct server servers[] = {
		{ "incomingServer", "imap", s->imaps_port, "SSL" },
		{ "incomingServer", "pop3", s->pop3s_port, "SSL" },
		{ "outgoingServer", "smtp", s->submissions_port, "SSL" },
		{ "outgoingServer", "smtp", s->submission_port, "STARTTLS" },
	};

	str_add_cstr(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n"
		"<emailProvider id=\"");
	xml_add_text(out, s->domain);
	str_add_cstr(out, "\">\n");
	xml_add(out, "domain", s->domain);
	xml_add(out, "displayName", s->domain);
	xml_add(out, "displayShortName", s->domain);
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
		add_server(out, s, &servers[i]);
	str_add_cstr(out, "</emailProvider>\n</clientConfig>\n");
}
