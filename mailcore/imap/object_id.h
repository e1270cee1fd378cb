/*
 * Ids of messages, threads and folders for clients (RFC 8474). A letter in front keeps the kinds
 * apart; none is ever given twice within a mailbox.
 */
#pragma once

#include "mailcore/base/random.h"
#include "mailcore/base/str.h"

/* In parentheses, as they stand in FETCH and STATUS: (M01890a5d-...) (F12) */
void object_id_add_email(struct str *out, struct uuid blob_id);
void object_id_add_thread(struct str *out, struct uuid thread_id);
void object_id_add_folder(struct str *out, int64_t folder_id);
/* Does a client's text name this message or thread? */
bool object_id_is_email(struct span text, struct uuid blob_id);
bool object_id_is_thread(struct span text, struct uuid thread_id);
