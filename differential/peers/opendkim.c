/* Judges DKIM cases with libopendkim: a case a line on standard input, a verdict a line on standard output. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

/* The name of the current case's key, and what is there. */
static const char *key_name;
static const char *key;

static int digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes base64 up to the first other character; `out` has room for it. */
static size_t decode(const char *text, unsigned char *out)
{
	size_t length = 0;
	unsigned bits = 0;
	int count = 0;
	for (; digit(*text) >= 0; text++) {
		bits = bits << 6 | (unsigned)digit(*text);
		count += 6;
		if (count >= 8) {
			count -= 8;
			out[length++] = (unsigned char)(bits >> count);
		}
	}
	return length;
}

/* Its own resolver takes the first TXT record. */
static DKIM_CBSTAT lookup(DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *buffer, size_t size)
{
	char name[1024];
	(void)dkim;
	snprintf(name, sizeof name, "%s._domainkey.%s", (const char *)dkim_sig_getselector(signature),
	         (const char *)dkim_sig_getdomain(signature));
	size_t length = strlen(name);
	if (length > 0 && name[length - 1] == '.')
		name[length - 1] = '\0';
	if (strcmp(key, "failed") == 0)
		return DKIM_CBSTAT_TRYAGAIN;
	if (strcmp(key, "missing") == 0 || strcasecmp(name, key_name) != 0)
		return DKIM_CBSTAT_NOTFOUND;
	if (strlen(key) >= size)
		return DKIM_CBSTAT_ERROR;
	buffer[decode(key, buffer)] = '\0';
	return DKIM_CBSTAT_CONTINUE;
}

static void judge(DKIM_LIB *library, unsigned char *message, size_t length)
{
	DKIM_STAT status;
	DKIM *dkim = dkim_verify(library, (const unsigned char *)"case", NULL, &status);
	if (dkim == NULL) {
		printf("crash dkim_verify %d\n", status);
		return;
	}
	status = dkim_chunk(dkim, message, length);
	if (status == DKIM_STAT_OK)
		status = dkim_chunk(dkim, NULL, 0);
	if (status == DKIM_STAT_OK)
		status = dkim_eom(dkim, NULL);

	DKIM_SIGINFO **signatures = NULL;
	int count = 0;
	int error = -1;
	bool passed = false;
	bool temporary = status == DKIM_STAT_KEYFAIL || status == DKIM_STAT_CBTRYAGAIN;
	if (dkim_getsiglist(dkim, &signatures, &count) == DKIM_STAT_OK && count > 0) {
		error = dkim_sig_geterror(signatures[0]);
		passed = DKIM_SIG_CHECK(signatures[0]) && error == DKIM_SIGERROR_OK;
		temporary = temporary || error == DKIM_SIGERROR_KEYFAIL;
	}
	const char *why = error >= 0 ? dkim_sig_geterrorstr(error) : "no signature";
	printf("%s status %d, %s\n", passed ? "pass" : temporary ? "temperror" : "permfail", status, why ? why : "");
	dkim_free(dkim);
}

int main(void)
{
	DKIM_LIB *library = dkim_init(NULL, NULL);
	unsigned int bits = 1024;
	if (library == NULL)
		return 1;
	dkim_set_key_lookup(library, lookup);
	dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof bits);

	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		char *name = strchr(line, '\t');
		char *records = name != NULL ? strchr(name + 1, '\t') : NULL;
		if (records == NULL)
			return 1;
		*name = '\0';
		*records = '\0';
		key_name = name + 1;
		key = records + 1;
		unsigned char *message = malloc(strlen(line) + 1);
		if (message == NULL)
			return 1;
		judge(library, message, decode(line, message));
		fflush(stdout);
		free(message);
	}
	free(line);
	dkim_close(library);
	return 0;
}
