/* Files that are handed in as messages: what each is. */
#include "check.h"

static passerelle_recognized recognize(const char *file, size_t len)
{
    passerelle_recognized found = {UINT32_MAX, NULL, 0, NULL, 0, NULL, 0};
    CHECK_STATUS(passerelle_recognize((const uint8_t *)file, len, &found), PASSERELLE_STATUS_OK);
    return found;
}

static void is(const char *file, size_t len, passerelle_file_kind kind, const char *what)
{
    passerelle_recognized found = recognize(file, len);
    CHECK(found.kind == (uint32_t)kind);
    CHECK(equals(found.what, found.what_len, what));
    CHECK((found.why_len == 0) == (kind == PASSERELLE_FILE_KIND_MESSAGE));
    CHECK((found.advice_len == 0) == (kind == PASSERELLE_FILE_KIND_MESSAGE));
}

int main(void)
{
    static const char MSG[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    static const char PNG[] = "\x89PNG\r\n\x1a\n";
    static const char MAIL[] = "From: ann@a.example\r\n\r\n";
    static const char BOM[] = "\xef\xbb\xbf" "From: ann@a.example\r\n\r\n";
    static const char SEEN[] = "Dear customer,";

    is(MAIL, sizeof MAIL - 1, PASSERELLE_FILE_KIND_MESSAGE, "a message");
    is(NULL, 0, PASSERELLE_FILE_KIND_EMPTY, "empty");
    is(MSG, sizeof MSG - 1, PASSERELLE_FILE_KIND_OUTLOOK, "an Outlook .msg file, or another file in its container");
    is(PNG, sizeof PNG - 1, PASSERELLE_FILE_KIND_IMAGE, "a PNG picture");
    is(BOM, sizeof BOM - 1, PASSERELLE_FILE_KIND_BYTE_ORDER_MARK, "a message with a byte order mark in front");
    is(SEEN, sizeof SEEN - 1, PASSERELLE_FILE_KIND_NO_HEADER, "text without the header fields of a message");

    CHECK_STATUS(passerelle_recognize(NULL, 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
    passerelle_recognized untouched = {42, NULL, 0, NULL, 0, NULL, 0};
    CHECK_STATUS(passerelle_recognize(NULL, 1, &untouched), PASSERELLE_STATUS_NULL_POINTER);
    CHECK(untouched.kind == 42);
    return checks_finish();
}
