/* One verification and one signing with libopendkim, each of a whole message in memory.
 *
 * The header section is split here and handed over field by field, as a milter does. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

static char key_record[4096];

/* The key is at hand: no DNS. */
static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, u_char *buffer, size_t size)
{
	(void) dkim;
	(void) signature;
	snprintf((char *) buffer, size, "%s", key_record);
	return DKIM_CBSTAT_CONTINUE;
}

void *bench_opendkim_new(const char *record)
{
	snprintf(key_record, sizeof key_record, "%s", record);
	DKIM_LIB *library = dkim_init(NULL, NULL);
	if (library != NULL)
		dkim_set_key_lookup(library, look_up);
	return library;
}

/* Feeds a whole message; whether the library took it. */
static bool feed(DKIM *dkim, const u_char *message, size_t length)
{
	const u_char *at = message, *end = message + length;
	while (at < end && !(at + 1 < end && at[0] == '\r' && at[1] == '\n')) {
		const u_char *stop = at;
		do {
			const u_char *lf = memchr(stop, '\n', (size_t) (end - stop));
			stop = lf == NULL ? end : lf + 1;
		} while (stop < end && (*stop == ' ' || *stop == '\t'));
		size_t field = (size_t) (stop - at);
		if (field >= 2 && stop[-2] == '\r')
			field -= 2;
		if (dkim_header(dkim, (u_char *) at, field) != DKIM_STAT_OK)
			return false;
		at = stop;
	}
	if (dkim_eoh(dkim) != DKIM_STAT_OK)
		return false;
	if (end - at > 2 && dkim_body(dkim, (u_char *) at + 2, (size_t) (end - at - 2)) != DKIM_STAT_OK)
		return false;
	return dkim_eom(dkim, NULL) == DKIM_STAT_OK;
}

bool bench_opendkim_verify(void *library, const unsigned char *message, size_t length)
{
	DKIM_STAT status;
	DKIM *dkim = dkim_verify(library, (const u_char *) "bench", NULL, &status);
	if (dkim == NULL)
		return false;
	bool verified = feed(dkim, message, length);
	dkim_free(dkim);
	return verified;
}

/* Gives the length of the signature field's value, 0 for a failure. */
size_t bench_opendkim_sign(void *library, const char *pem, const unsigned char *message, size_t length)
{
	DKIM_STAT status;
	DKIM *dkim = dkim_sign(library, (const u_char *) "bench", NULL, (dkim_sigkey_t) pem, (const u_char *) "sel",
		(const u_char *) "example.com", DKIM_CANON_RELAXED, DKIM_CANON_RELAXED, DKIM_SIGN_RSASHA256, -1, &status);
	if (dkim == NULL)
		return 0;
	u_char *field = NULL;
	size_t written = 0;
	if (!feed(dkim, message, length) || dkim_getsighdr_d(dkim, 0, &field, &written) != DKIM_STAT_OK)
		written = 0;
	dkim_free(dkim);
	return written;
}
