/*
 * Pages that help a person, or a mail program, to set an account up. No log-in.
 *
 * The files for mail programs answer under any host name (autoconfig.example.com is the customer's,
 * not ours) as long as the domain asked for is one of ours; they are the same for everybody.
 */
#pragma once

#include "backend/http/router.h"

handler_fn setup_autoconfig, setup_autodiscover, setup_mobileconfig, setup_mta_sts;

/* page_setup.c: one device for a mailbox, by a link. */
extern const struct field setup_fields[];
handler_fn page_setup, page_setup_password_post, page_setup_profile_post;
