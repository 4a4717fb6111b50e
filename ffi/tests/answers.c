/* Answers, put together in each of the three ways, and transcripts, read, answered from and recorded. */
#include "check.h"

static const passerelle_question TXT = {0, PASSERELLE_QUESTION_KIND_DNS, "example.com", 11, PASSERELLE_RECORD_TYPE_TXT};

static passerelle_answer *found(void)
{
    passerelle_answer *answer = NULL;
    CHECK_OK(passerelle_answer_new(PASSERELLE_DNS_STATUS_NOERROR, 300, true, &answer));
    return answer;
}

static passerelle_status add(passerelle_answer *answer, uint16_t record_type, const char *data)
{
    return passerelle_answer_add(answer, record_type, data, strlen(data));
}

static void statuses(void)
{
    passerelle_answer *answer = NULL;
    const char *text = NULL;
    size_t text_len = 0;
    const uint32_t known[] = {PASSERELLE_DNS_STATUS_SERVFAIL, PASSERELLE_DNS_STATUS_NXDOMAIN,
                              PASSERELLE_DNS_STATUS_TIMEOUT};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        CHECK_OK(passerelle_answer_new(known[i], 0, false, &answer));
        CHECK_STATUS(add(answer, PASSERELLE_RECORD_TYPE_A, "192.0.2.1"), PASSERELLE_STATUS_ARGUMENT);
        CHECK_OK(passerelle_answer_error(answer, &text, &text_len));
        CHECK(contains(text, text_len, "no records beside"));
        passerelle_answer_free(answer);
    }
    answer = NULL;
    CHECK_STATUS(passerelle_answer_new(1, 0, false, &answer), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_answer_new(UINT32_MAX, 0, false, &answer), PASSERELLE_STATUS_ARGUMENT);
    CHECK(answer == NULL);
}

static void malformed_records(void)
{
    passerelle_answer *answer = found();
    const char *text = NULL;
    size_t text_len = 0;
    const uint8_t compressed[] = {0, 10, 0xc0, 12};
    CHECK_STATUS(add(answer, PASSERELLE_RECORD_TYPE_MX, "mx.example.com"), PASSERELLE_STATUS_RECORD);
    CHECK_OK(passerelle_answer_error(answer, &text, &text_len));
    CHECK(contains(text, text_len, "10 mx.example.com"));
    CHECK_STATUS(add(answer, PASSERELLE_RECORD_TYPE_A, "2001:db8::1"), PASSERELLE_STATUS_RECORD);
    CHECK_STATUS(add(answer, PASSERELLE_RECORD_TYPE_TXT, "\xff"), PASSERELLE_STATUS_UTF8);
    CHECK_STATUS(add(answer, 99, "x"), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_answer_add_rdata(answer, PASSERELLE_RECORD_TYPE_MX, compressed, sizeof compressed),
                 PASSERELLE_STATUS_RECORD);
    CHECK_STATUS(passerelle_answer_add_rdata(answer, PASSERELLE_RECORD_TYPE_TXT, NULL, 0), PASSERELLE_STATUS_RECORD);
    CHECK_STATUS(passerelle_answer_add_rdata(answer, 0, compressed, sizeof compressed), PASSERELLE_STATUS_ARGUMENT);
    passerelle_answer_free(answer);
}

/* An answer is recorded as the transcript's JSON, which shows what is in it. */
static void check_recorded(const passerelle_answer *answer, const passerelle_question *question, const char *line)
{
    passerelle_transcript *transcript = NULL;
    const char *json = NULL;
    size_t json_len = 0;
    CHECK_OK(passerelle_transcript_new(&transcript));
    CHECK_OK(passerelle_transcript_record(transcript, question, answer));
    CHECK_OK(passerelle_transcript_to_json(transcript, &json, &json_len));
    if (!CHECK(contains(json, json_len, line))) {
        fprintf(stderr, "wanted %s in %.*s\n", line, (int)json_len, json);
    }
    passerelle_transcript_free(transcript);
}

static void the_three_ways_to_add_a_record_agree(void)
{
    const char line[] = "\"records\":[\"v=spf1 -all\"],\"ttl\":300,\"secure\":true";
    const char wire[] = "\x06v=spf1\x05 -all";
    passerelle_answer *answer = found();
    CHECK_OK(add(answer, PASSERELLE_RECORD_TYPE_TXT, "v=spf1 -all"));
    check_recorded(answer, &TXT, line);
    passerelle_answer_free(answer);

    answer = found();
    CHECK_OK(passerelle_answer_add_rdata(answer, PASSERELLE_RECORD_TYPE_TXT, (const uint8_t *)wire, strlen(wire)));
    check_recorded(answer, &TXT, line);
    passerelle_answer_free(answer);

    answer = found();
    CHECK_OK(passerelle_answer_add_txt(answer, (const uint8_t *)"v=spf1 -all", strlen("v=spf1 -all")));
    check_recorded(answer, &TXT, line);
    passerelle_answer_free(answer);

    /* What is not UTF-8 is kept as it is: 0xFF is "/w==" in base64. */
    answer = found();
    CHECK_OK(passerelle_answer_add_txt(answer, (const uint8_t *)"\xff", 1));
    check_recorded(answer, &TXT, "{\"base64\":\"/w==\"}");
    passerelle_answer_free(answer);
}

static void aliases_are_recorded(void)
{
    passerelle_answer *answer = found();
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(add(answer, PASSERELLE_RECORD_TYPE_TXT, "v=spf1 -all"));
    CHECK_OK(passerelle_answer_add_alias(answer, "A.example", 9, true));
    CHECK_OK(passerelle_answer_add_alias(answer, "b.example", 9, true));
    check_recorded(answer, &TXT, "\"example.com\",\"type\":\"CNAME\",\"records\":[\"a.example\"],\"ttl\":300,\"secure\":true");
    check_recorded(answer, &TXT, "\"a.example\",\"type\":\"CNAME\",\"records\":[\"b.example\"],\"ttl\":300,\"secure\":true");
    check_recorded(answer, &TXT, "\"b.example\",\"type\":\"TXT\"");
    CHECK_STATUS(passerelle_answer_add_alias(answer, "a..b", 4, true), PASSERELLE_STATUS_RECORD);
    CHECK_OK(passerelle_answer_error(answer, &text, &text_len));
    CHECK(contains(text, text_len, "empty label"));
    CHECK_STATUS(passerelle_answer_add_alias(answer, NULL, 1, true), PASSERELLE_STATUS_NULL_POINTER);
    passerelle_answer_free(answer);
}

static void mta_sts(void)
{
    const passerelle_question question = {0, PASSERELLE_QUESTION_KIND_STS_POLICY, "example.com", 11, 0};
    passerelle_answer *answer = NULL;
    CHECK_OK(passerelle_answer_new_sts_policy("version: STSv1", strlen("version: STSv1"), &answer));
    CHECK_STATUS(add(answer, PASSERELLE_RECORD_TYPE_TXT, "x"), PASSERELLE_STATUS_ARGUMENT);
    check_recorded(answer, &question, "\"example.com\": \"version: STSv1\"");
    passerelle_answer_free(answer);
    const struct {
        uint32_t error;
        const char *recorded;
    } failures[] = {
        {PASSERELLE_STS_ERROR_FETCH, "{\"error\":\"fetch\"}"},
        {PASSERELLE_STS_ERROR_CERTIFICATE, "{\"error\":\"certificate\"}"},
        {PASSERELLE_STS_ERROR_REDIRECT, "{\"error\":\"redirect\"}"},
        {PASSERELLE_STS_ERROR_STATUS, "{\"error\":\"status\"}"},
        {PASSERELLE_STS_ERROR_MEDIA_TYPE, "{\"error\":\"media-type\"}"},
        {PASSERELLE_STS_ERROR_SIZE, "{\"error\":\"size\"}"},
        {PASSERELLE_STS_ERROR_SYNTAX, "{\"error\":\"syntax\"}"},
    };
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        CHECK_OK(passerelle_answer_new_sts_failure(failures[i].error, &answer));
        check_recorded(answer, &question, failures[i].recorded);
        CHECK_STATUS(passerelle_answer_add_alias(answer, "a.example", 9, false), PASSERELLE_STATUS_ARGUMENT);
        passerelle_answer_free(answer);
    }
    answer = NULL;
    CHECK_STATUS(passerelle_answer_new_sts_failure(0, &answer), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_answer_new_sts_failure(8, &answer), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_answer_new_sts_policy("\xff", 1, &answer), PASSERELLE_STATUS_UTF8);
    CHECK(answer == NULL);
}

static void check_unreadable(passerelle_transcript *transcript, const char *json, passerelle_status status,
                             const char *why)
{
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_STATUS(passerelle_transcript_parse(transcript, (const uint8_t *)json, strlen(json)), status);
    CHECK_OK(passerelle_transcript_error(transcript, &text, &text_len));
    CHECK(contains(text, text_len, why));
}

static void unreadable_transcripts_change_nothing(void)
{
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_answer *answer = NULL;
    size_t large_len = ((size_t)16 << 20) + 1;
    uint8_t *large = calloc(large_len, 1);
    check_unreadable(transcript, "", PASSERELLE_STATUS_TRANSCRIPT_JSON, "not a JSON object");
    check_unreadable(transcript, "{", PASSERELLE_STATUS_TRANSCRIPT_JSON, "not readable");
    check_unreadable(transcript, "{\"a\": \xff}", PASSERELLE_STATUS_TRANSCRIPT_JSON, "not readable");
    check_unreadable(transcript, "{\"answers\": [{\"name\": \"a\", \"type\": \"A\", \"records\": [\"x\"]}]}",
                     PASSERELLE_STATUS_TRANSCRIPT_ENTRY, "a A");
    CHECK_STATUS(passerelle_transcript_parse(transcript, large, large_len), PASSERELLE_STATUS_TRANSCRIPT_TOO_LARGE);
    CHECK_STATUS(passerelle_transcript_parse(transcript, NULL, 1), PASSERELLE_STATUS_NULL_POINTER);
    free(large);
    CHECK_OK(passerelle_transcript_answer(transcript, &TXT, &answer));
    check_recorded(answer, &TXT, "v=spf1 ip4:192.0.2.1 -all");
    passerelle_answer_free(answer);
    passerelle_transcript_free(transcript);
}

static void questions_that_make_no_sense(void)
{
    const passerelle_question bad[] = {
        {0, PASSERELLE_QUESTION_KIND_OTHER, "example.com", 11, 0},
        {0, 99, "example.com", 11, 0},
        {0, PASSERELLE_QUESTION_KIND_DNS, "example.com", 11, 0},
        {0, PASSERELLE_QUESTION_KIND_DNS, "", 0, PASSERELLE_RECORD_TYPE_A},
        {0, PASSERELLE_QUESTION_KIND_DNS, "a..b", 4, PASSERELLE_RECORD_TYPE_A},
    };
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_answer *answer = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(passerelle_transcript_answer(transcript, &bad[i], &answer), PASSERELLE_STATUS_ARGUMENT);
    }
    CHECK_STATUS(passerelle_transcript_answer(transcript, NULL, &answer), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_transcript_answer(transcript, &TXT, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_transcript_record(transcript, &TXT, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_transcript_to_json(transcript, NULL, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK(answer == NULL);
    passerelle_transcript_free(transcript);
}

int main(void)
{
    statuses();
    malformed_records();
    the_three_ways_to_add_a_record_agree();
    aliases_are_recorded();
    mta_sts();
    unreadable_transcripts_change_nothing();
    questions_that_make_no_sense();
    return checks_finish();
}
