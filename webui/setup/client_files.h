/*
 * What mail programs fetch to set themselves up from an address alone. Pure.
 *
 * The files say the same for every address of a domain: they do not tell whether a mailbox exists,
 * and they never ask for a password. Encrypted ports only.
 *
 *   autoconfig    Thunderbird and its relatives: config-v1.1.xml
 *   autodiscover  Outlook: the "POX" schema for IMAP, POP3 and SMTP
 *   mobileconfig  Apple: a configuration profile (plist); with a password only on a link for one device
 *
 * Limits: a request of AUTODISCOVER_REQUEST_MAX bytes, 100 elements, without a document type.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define AUTODISCOVER_REQUEST_MAX 16384
#define CLIENT_FILE_MAX          32768

struct client_servers {
	struct span domain;   /* A-labels */
	struct span hostname; /* of the mail server */
	unsigned imaps_port, pop3s_port, submissions_port, submission_port;
};

void autoconfig_add(struct str *out, const struct client_servers *servers);

struct autodiscover_request {
	struct span address; /* as asked, trimmed */
	struct span schema;  /* AcceptableResponseSchema */
};
/* RC_INVALID: no XML of this kind, or no address in it. Memory: arena. */
MUST_CHECK enum rc autodiscover_parse(
	struct arena *a, struct span body, struct autodiscover_request *out);
void autodiscover_add(struct str *out, const struct client_servers *servers, struct span address);
/* The answer for another schema (601) or what cannot be read (600). */
void autodiscover_add_error(struct str *out, int code, struct span text);
extern const char autodiscover_schema[];

/* password: of this device; empty: the device asks. */
void mobileconfig_add(struct str *out, const struct client_servers *servers, struct span address,
	struct span password);
