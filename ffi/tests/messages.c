/* DNS messages: queries written, responses read, as a host does whose resolver is a socket. */
#include "check.h"

#define MAX_MESSAGE 512

/* The flags of a response, and what is added to them. */
enum { RESPONSE = 0x8180, AD = 0x0020, TC = 0x0200, NXDOMAIN = 3 };

/* A resolver of this zone: it makes a response of a query. There is one record, of type TXT, behind an alias. */
static size_t respond(const uint8_t *query, size_t query_len, unsigned flags, const char *text, uint8_t *response)
{
    static const uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'a', 0xc0, 12};
    size_t question_len = query_len - 11, len = question_len; /* without the OPT record */
    memcpy(response, query, question_len);
    response[2] = (uint8_t)(flags >> 8);
    response[3] = (uint8_t)flags;
    memset(response + 6, 0, 6);
    if (text != NULL) {
        size_t text_len = strlen(text), owner = question_len + sizeof alias - 4;
        const uint8_t record[] = {0xc0 | (uint8_t)(owner >> 8), (uint8_t)owner, 0, 16, 0, 1, 0, 0, 1, 44, 0,
                                  (uint8_t)(text_len + 1), (uint8_t)text_len};
        memcpy(response + len, alias, sizeof alias);
        len += sizeof alias;
        memcpy(response + len, record, sizeof record);
        len += sizeof record;
        memcpy(response + len, text, text_len);
        len += text_len;
        response[7] = 2;
    }
    return len;
}

static size_t encode(const passerelle_question *question, uint8_t *query)
{
    size_t query_len = 0;
    CHECK_OK(passerelle_question_encode(question, 0x1234, PASSERELLE_QUERY_FLAG_AUTHENTIC_DATA, 1232, query,
                                        PASSERELLE_MAX_QUERY, &query_len));
    return query_len;
}

static const passerelle_question TXT = {0, PASSERELLE_QUESTION_KIND_DNS, "example.com", 11, PASSERELLE_RECORD_TYPE_TXT};

static void a_query_is_what_it_should_be(void)
{
    static const uint8_t expected[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\1\7example\3com\0\0\x10\0\1"
                                      "\0\0\x29\x10\0\0\0\x80\0\0\0";
    const passerelle_question sts = {0, PASSERELLE_QUESTION_KIND_STS_POLICY, "example.com", 11, 0};
    uint8_t query[PASSERELLE_MAX_QUERY];
    size_t len = 0;
    CHECK_OK(passerelle_question_encode(&TXT, 0x1234, PASSERELLE_QUERY_FLAG_DNSSEC_OK, 4096, query, sizeof query, &len));
    CHECK(len == sizeof expected - 1 && memcmp(query, expected, len) == 0);
    len = encode(&TXT, query);
    CHECK(query[3] == AD && query[len - 4] == 0);
    CHECK_OK(passerelle_question_encode(&TXT, 0, 0, 512, query, len, &len));

    CHECK_STATUS(passerelle_question_encode(&TXT, 0, 0, 512, query, len - 1, &len), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_question_encode(&TXT, 0, 4, 512, query, sizeof query, &len), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_question_encode(&sts, 0, 0, 512, query, sizeof query, &len), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_question_encode(NULL, 0, 0, 512, query, sizeof query, &len), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_question_encode(&TXT, 0, 0, 512, NULL, 512, &len), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_question_encode(&TXT, 0, 0, 512, query, sizeof query, NULL), PASSERELLE_STATUS_NULL_POINTER);
}

static void check_recorded(const passerelle_answer *answer, const char *line)
{
    passerelle_transcript *transcript = NULL;
    const char *json = NULL;
    size_t json_len = 0;
    CHECK_OK(passerelle_transcript_new(&transcript));
    CHECK_OK(passerelle_transcript_record(transcript, &TXT, answer));
    CHECK_OK(passerelle_transcript_to_json(transcript, &json, &json_len));
    if (!CHECK(contains(json, json_len, line))) {
        fprintf(stderr, "wanted %s in %.*s\n", line, (int)json_len, json);
    }
    passerelle_transcript_free(transcript);
}

static void check_answer(unsigned flags, const char *text, const char *line)
{
    uint8_t query[PASSERELLE_MAX_QUERY], response[MAX_MESSAGE];
    passerelle_answer *answer = NULL;
    size_t len = respond(query, encode(&TXT, query), flags, text, response);
    CHECK_OK(passerelle_answer_new_message(&TXT, response, len, &answer));
    check_recorded(answer, line);
    passerelle_answer_free(answer);
}

static void responses_are_answers(void)
{
    const char alias[] = "\"example.com\",\"type\":\"CNAME\",\"records\":[\"a.example.com\"],\"ttl\":60,\"secure\":true";
    check_answer(RESPONSE | AD, "v=spf1 -all", alias);
    check_answer(RESPONSE | AD, "v=spf1 -all",
                 "\"a.example.com\",\"type\":\"TXT\",\"records\":[\"v=spf1 -all\"],\"ttl\":60,\"secure\":true");
    check_answer(RESPONSE, "v=spf1 -all", "\"records\":[\"v=spf1 -all\"],\"ttl\":60}");
    check_answer(RESPONSE, NULL, "{\"name\":\"example.com\",\"type\":\"TXT\"}");
    check_answer(RESPONSE | NXDOMAIN, NULL, "\"status\":\"NXDOMAIN\"");
    check_answer(RESPONSE | 2, NULL, "\"status\":\"SERVFAIL\"");
    check_answer(RESPONSE | 5, "v=spf1 -all", "\"status\":\"SERVFAIL\"");
}

static void messages_that_are_no_answer(void)
{
    const passerelle_question other = {0, PASSERELLE_QUESTION_KIND_DNS, "example.org", 11, PASSERELLE_RECORD_TYPE_TXT};
    uint8_t query[PASSERELLE_MAX_QUERY], response[MAX_MESSAGE];
    passerelle_answer *answer = NULL;
    size_t query_len = encode(&TXT, query), len = respond(query, query_len, RESPONSE, "v=spf1 -all", response);
    CHECK_STATUS(passerelle_answer_new_message(&other, response, len, &answer), PASSERELLE_STATUS_DNS_OTHER_QUESTION);
    CHECK_STATUS(passerelle_answer_new_message(&TXT, query, query_len, &answer), PASSERELLE_STATUS_DNS_MESSAGE);
    for (size_t i = 0; i < len; i++) {
        CHECK_STATUS(passerelle_answer_new_message(&TXT, response, i, &answer), PASSERELLE_STATUS_DNS_MESSAGE);
    }
    CHECK_STATUS(passerelle_answer_new_message(&TXT, NULL, 1, &answer), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new_message(&TXT, NULL, 0, &answer), PASSERELLE_STATUS_DNS_MESSAGE);
    CHECK_STATUS(passerelle_answer_new_message(NULL, response, len, &answer), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new_message(&TXT, response, len, NULL), PASSERELLE_STATUS_NULL_POINTER);
    len = respond(query, query_len, RESPONSE | TC, NULL, response);
    CHECK_STATUS(passerelle_answer_new_message(&TXT, response, len, &answer), PASSERELLE_STATUS_DNS_TRUNCATED);
    CHECK(answer == NULL);
}

/* Every question is answered by a message: the report is the one that the transcript's answers give. */
static void a_verification_by_messages(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_output output = {0};
    const char *text = NULL;
    size_t text_len = 0;
    bool reported = false;
    feed(verification, MESSAGE, strlen(MESSAGE), 1000);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK_STATUS(passerelle_verification_answer_message(verification, 999, NULL, 0), PASSERELLE_STATUS_UNKNOWN_QUESTION);
    while (CHECK_OK(passerelle_verification_poll(verification, &output)) && output.tag != PASSERELLE_OUTPUT_TAG_IDLE) {
        if (output.tag == PASSERELLE_OUTPUT_TAG_REPORT) {
            const passerelle_report report = output.value.report;
            CHECK(report.authenticated == PASSERELLE_AUTHENTICATED_YES);
            CHECK(contains(report.json, report.json_len, "\"aligned_by\":[\"spf\"]"));
            reported = true;
        } else if (output.tag == PASSERELLE_OUTPUT_TAG_ASK) {
            const passerelle_question asked = output.value.ask;
            uint8_t query[PASSERELLE_MAX_QUERY], response[MAX_MESSAGE];
            const char *record = NULL;
            size_t query_len = encode(&asked, query), len;
            if (asked.record_type == PASSERELLE_RECORD_TYPE_TXT) {
                record = equals(asked.name, asked.name_len, "example.com")          ? "v=spf1 ip4:192.0.2.1 -all"
                         : equals(asked.name, asked.name_len, "_dmarc.example.com") ? "v=DMARC1; p=reject"
                                                                                    : NULL;
            }
            /* A truncated message, and one that is cut off, are no answer yet. */
            len = respond(query, query_len, RESPONSE | TC, NULL, response);
            CHECK_STATUS(passerelle_verification_answer_message(verification, asked.id, response, len),
                         PASSERELLE_STATUS_DNS_TRUNCATED);
            CHECK_OK(passerelle_verification_error(verification, &text, &text_len));
            CHECK(contains(text, text_len, "ask again over TCP"));
            CHECK_STATUS(passerelle_verification_answer_message(verification, asked.id, response, len - 1),
                         PASSERELLE_STATUS_DNS_MESSAGE);
            len = respond(query, query_len, RESPONSE | (record == NULL ? NXDOMAIN : 0), record, response);
            CHECK_OK(passerelle_verification_answer_message(verification, asked.id, response, len));
            CHECK_STATUS(passerelle_verification_answer_message(verification, asked.id, response, len),
                         PASSERELLE_STATUS_ALREADY_ANSWERED);
        }
    }
    CHECK(reported);
    passerelle_verification_free(verification);
}

int main(void)
{
    a_query_is_what_it_should_be();
    responses_are_answers();
    messages_that_are_no_answer();
    a_verification_by_messages();
    return checks_finish();
}
