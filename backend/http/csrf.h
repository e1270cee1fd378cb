/*
 * CSRF tokens: the session's 32 bytes, masked with a fresh pad at each use, so that a compressed
 * page which also shows input of a stranger does not leak them (BREACH).
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define CSRF_BYTES 32

/* 86 characters, base64url of pad and masked token. */
struct span csrf_mask(struct arena *a, const unsigned char token[CSRF_BYTES]);
/* In constant time. */
bool csrf_is_right(struct span masked, const unsigned char token[CSRF_BYTES]);
