/* "Still working": see progress.h. */
#include "mailcore/imap/progress.h"

#include "mailcore/base/clock.h"
#include "mailcore/imap/reply.h"

bool progress_is_due(struct progress *p, int64_t now_ms)
{
	if (!p->next_ms) {
		p->next_ms = now_ms + PROGRESS_FIRST_MS;
		return false;
	}
	if (now_ms < p->next_ms)
		return false;
	p->next_ms = now_ms + PROGRESS_EVERY_MS;
	return true;
}

void progress_tell(struct imap *s, struct progress *p, size_t done, size_t total)
{
	if (!progress_is_due(p, clock_mono_ms()))
		return;
	if (total)
		imap_reply_untagged(
			s, "OK [INPROGRESS (\"%s\" %zu %zu)] Still working.", s->tag, done, total);
	else
		imap_reply_untagged(s, "OK [INPROGRESS (\"%s\" NIL NIL)] Still working.", s->tag);
}
