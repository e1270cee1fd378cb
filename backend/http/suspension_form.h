/* The four switches as fields of a request: the same for accounts, domains and mailboxes. */
#pragma once

#include "backend/accounts/suspension.h"
#include "backend/http/fields.h"

#define SUSPENSION_FIELDS                                                                          \
	{ "suspended", FIELD_BOOL, .about = "Log-in, sending and receiving at once." },            \
		{ "no_login", FIELD_BOOL, .about = "Log-in is switched off." },                    \
		{ "no_send", FIELD_BOOL, .about = "Sending is switched off." },                    \
		{ "no_receive", FIELD_BOOL, .about = "Receiving is switched off." },               \
		{ "hold_out", FIELD_BOOL, .about = "Outgoing mail is held." },                     \
		{ "suspend_reason", FIELD_TEXT, .max = SUSPEND_REASON_MAX,                         \
			.about = "Shown to those whom it concerns." },                             \
	{                                                                                          \
		"suspend_until", FIELD_TIME, FIELD_NULLABLE, .about = "Ends by itself then."       \
	}

/* From JSON: what is not given stays as it is. */
struct suspension_change suspension_of_form(const struct form *f);
/* From a page, where a box that is not ticked is not sent: all of them count. */
struct suspension_change suspension_of_page(const struct form *f);
