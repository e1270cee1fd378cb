/*
 * What a subject is about: without "Re:", "Fwd:", "[list]" and "(fwd)" (RFC 5256 §2.1). Pure.
 *
 * Limit: BASE_SUBJECT_MAX octets are looked at; the work grows with that squared at worst.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define BASE_SUBJECT_MAX 1000

/* text: decoded, valid UTF-8. *out_is_reply: something that says reply or forward was taken off. */
struct span base_subject(struct arena *a, struct span text, bool *out_is_reply);
