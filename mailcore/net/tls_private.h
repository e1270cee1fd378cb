/* What tls.c (servers) and tls_client.c (we call others) share. */
#pragma once

#include <openssl/ssl.h>

#include "mailcore/net/tls_conn.h"

struct tls {
	SSL *ssl;
	const char *failure; /* OpenSSL's static text */
};
