/* What a message shows of itself. */
#include "check.h"

static void shown(void)
{
    const char message[] = "From: =?iso-8859-1?q?J=FCrgen?= <j@xn--bcher-kva.example>\r\nSubject: x\r\n";
    passerelle_face *face = NULL;
    const char *json = NULL;
    size_t json_len = 0;
    CHECK_OK(passerelle_face_new((const uint8_t *)message, sizeof message - 1, &face));
    CHECK_OK(passerelle_face_json(face, &json, &json_len));
    CHECK(contains(json, json_len, "\"name\":\"J\xc3\xbcrgen\""));
    CHECK(contains(json, json_len, "\"domain_unicode\":\"b\xc3\xbc" "cher.example\""));
    CHECK(contains(json, json_len, "\"headers_only\":true"));
    passerelle_face_free(face);
}

static void misuse(void)
{
    passerelle_face *face = NULL;
    const char *json = NULL;
    size_t json_len = 0;
    CHECK_STATUS(passerelle_face_new(NULL, 1, &face), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_face_new(NULL, 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_face_json(NULL, &json, &json_len), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_OK(passerelle_face_new(NULL, 0, &face));
    CHECK_STATUS(passerelle_face_json(face, NULL, &json_len), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_OK(passerelle_face_json(face, &json, &json_len));
    CHECK(contains(json, json_len, "\"from\":[]"));
    passerelle_face_free(face);
    passerelle_face_free(NULL);
}

int main(void)
{
    shown();
    misuse();
    return checks_finish();
}
