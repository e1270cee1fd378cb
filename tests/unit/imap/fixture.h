/* What the tests of mailcore/imap/syntax share: an arena for each test, comparing text. */
#pragma once

#include "tests/unit/cmocka_all.h"

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct arena arena;

static int setup(void **state)
{
	arena_init(&arena, 4096);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static void assert_span(struct span got, const char *want)
{
	if (!span_eq(got, span_of(want)))
		fail_msg("got <" SPAN_FMT ">, want <%s>", SPAN_ARG(got), want);
}
