/* A date that is read, written and read again is the same. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/mime/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct date d, again;
	int64_t wall;
	if (date_parse_wall(span_make(data, size), &wall))
		ASSERT(wall >= 0 && (size == 16 || size == 19));
	if (!date_parse(span_make(data, size), &d))
		return 0;

	struct str text;
	str_init(&text, 100);
	date_add(&text, d.utc_s, d.zone_minutes);
	ASSERT(str_ok(&text));
	ASSERT(date_parse(str_span(&text), &again));
	ASSERT(again.utc_s == d.utc_s && again.zone_minutes == d.zone_minutes);
	str_clear(&text);
	date_add_imap(&text, d.utc_s, d.zone_minutes);
	ASSERT(text.len == 26);
	ASSERT(date_parse(str_span(&text), &again));
	ASSERT(again.utc_s == d.utc_s);
	str_done(&text);
	return 0;
}
