/* Signs what a device installs with the server's certificate (CMS, DER), so that it says by whom. */
#pragma once

#include "mailcore/base/str.h"

/* False: no certificate, or none that can be used; nothing was added. */
MUST_CHECK bool profile_sign(
	struct str *out, struct span text, const char *cert_file, const char *key_file);
