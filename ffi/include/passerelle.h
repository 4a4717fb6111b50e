/*
 * Passerelle: is a mail message what it claims to be? (SPF, DKIM, DMARC)
 *
 * The library does no I/O. It opens no socket, asks no resolver, reads no clock and no file, and starts no thread. The
 * program around it, the host, hands it octets, answers to its questions, and the time.
 *
 *     passerelle_settings_new(&settings);                      how to judge; kept for many messages
 *     passerelle_settings_set_authserv_id(settings, ...);
 *     passerelle_envelope_new(&envelope);                      what is known of this message's SMTP session
 *     passerelle_envelope_set_ip(envelope, ...);               ... and _set_helo, _set_mail_from
 *     passerelle_verification_new(settings, envelope, time(NULL), &verification);
 *
 *     until there is a report:
 *         while passerelle_verification_poll(verification, &output) says something else than "idle":
 *             a question:  start the lookup of output.value.ask
 *             the report:  use output.value.report.json; done
 *             SPF and more, before the report, where passerelle_verification_report_early asked for it
 *         wait for whatever comes first, and hand it in:
 *             octets:      passerelle_verification_octets(verification, data, len)
 *             the end:     passerelle_verification_end(verification)
 *             an answer:   passerelle_answer_new(..., &answer); passerelle_answer_add(answer, ...);
 *                          passerelle_verification_answer(verification, id, answer); passerelle_answer_free(answer)
 *                          or, where it is a DNS message: passerelle_verification_answer_message(verification, id, ...)
 *             a timeout:   passerelle_verification_decline(verification, id), or for all of them
 *                          passerelle_verification_deadline(verification)
 *
 *     passerelle_verification_free(verification);
 *
 * Questions come as early as they can be asked, most of them before the message is complete. They may be answered in
 * any order. A complete program is ffi/examples/verify.c.
 *
 * A file that a person handed in may be anything; passerelle_recognize says what it is before it is verified.
 *
 * What holds for every function:
 *
 *   Names       passerelle_TYPE_verb is a function of passerelle_TYPE. The handle comes first, outputs come last.
 *   const       A function that takes a const pointer does not change what it points to.
 *   Lengths     Every text and every buffer that goes in is a pointer and a length; nothing has to end with a NUL, and
 *               a NUL inside is an octet like any other. With the length 0 the pointer may be NULL. What comes out is
 *               a pointer and a length too, without a NUL at the end, except for the constant texts of
 *               passerelle_version and passerelle_status_text. Texts are UTF-8.
 *   Status      Functions return a passerelle_status. Where it is not PASSERELLE_STATUS_OK nothing was done, and no
 *               output was written.
 *   Errors      passerelle_TYPE_error tells in words why the last call on that handle failed. There is no global and
 *               no thread-local error. A function whose first argument is const, and passerelle_TYPE_new, has the
 *               status alone.
 *   Hostility   Nothing in a message makes a call fail; it changes the report. What fails is a mistake of the host,
 *               apart from PASSERELLE_STATUS_RECORD and PASSERELLE_STATUS_DNS_..., which can be the doing of the DNS.
 *   Ownership   What passerelle_TYPE_new or an output of type passerelle_TYPE ** gives is yours until you pass it to
 *               passerelle_TYPE_free. Arguments remain yours and are not needed after the call. Pointers that the
 *               library lends are valid as long as the function says. Free accepts NULL.
 *   Panics      A bug in the library does not unwind into C: see PASSERELLE_STATUS_PANIC. Only when there is no memory
 *               left the process is aborted.
 *   Threads     A handle may move from thread to thread; it must not be used by two at once. Different handles are
 *               independent of each other. Reading settings or a transcript (const) from several threads at once is
 *               fine as long as nobody changes them.
 *   Growth      Later versions add functions, statuses and members of output.value; the size of structures stays.
 */


#ifndef PASSERELLE_H
#define PASSERELLE_H

/* Made by cbindgen from ffi/src; `cargo xtask header` makes it anew. Do not edit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Octets of the largest query that passerelle_question_encode writes.
 */
#define PASSERELLE_MAX_QUERY 282

/**
 * What a function returns. Everything but PASSERELLE_STATUS_OK means that nothing was done and no output was
 * written; the text of the handle's error says more.
 */
typedef enum {
    /**
     * Done.
     */
    PASSERELLE_STATUS_OK = 0,
    /**
     * A pointer that must not be NULL was NULL.
     */
    PASSERELLE_STATUS_NULL_POINTER = 1,
    /**
     * An argument has a value that makes no sense there.
     */
    PASSERELLE_STATUS_ARGUMENT = 2,
    /**
     * A text is not UTF-8.
     */
    PASSERELLE_STATUS_UTF8 = 3,
    /**
     * The data of a DNS record is not what its type asks for. Unlike the others here this can be the doing of
     * whoever runs the DNS zone: leave the record out, or answer with PASSERELLE_DNS_STATUS_SERVFAIL.
     */
    PASSERELLE_STATUS_RECORD = 4,
    /**
     * A DNS message is malformed, or no response. Over a connection of your own the lookup failed: answer with
     * PASSERELLE_DNS_STATUS_SERVFAIL. Over a port that anybody can send to, wait on for a better one.
     */
    PASSERELLE_STATUS_DNS_MESSAGE = 5,
    /**
     * A DNS message was truncated: send the same query again over TCP.
     */
    PASSERELLE_STATUS_DNS_TRUNCATED = 6,
    /**
     * A DNS message answers another question: as with PASSERELLE_STATUS_DNS_MESSAGE.
     */
    PASSERELLE_STATUS_DNS_OTHER_QUESTION = 7,
    /**
     * Misuse: an answer to a question that was never asked.
     */
    PASSERELLE_STATUS_UNKNOWN_QUESTION = 20,
    /**
     * Misuse: a second answer to a question. An answer is final.
     */
    PASSERELLE_STATUS_ALREADY_ANSWERED = 21,
    /**
     * Misuse: the answer is of another kind than the question.
     */
    PASSERELLE_STATUS_WRONG_KIND = 22,
    /**
     * Misuse: input after the end of input.
     */
    PASSERELLE_STATUS_AFTER_END = 23,
    /**
     * The transcript is larger than 16 MiB.
     */
    PASSERELLE_STATUS_TRANSCRIPT_TOO_LARGE = 40,
    /**
     * The transcript is not JSON, or not of a transcript's form.
     */
    PASSERELLE_STATUS_TRANSCRIPT_JSON = 41,
    /**
     * An entry of the transcript makes no sense.
     */
    PASSERELLE_STATUS_TRANSCRIPT_ENTRY = 42,
    /**
     * A bug in the library: a panic was caught. The handle is poisoned: every further call returns this, and all
     * that can be done is to read its error and to free it. Other handles are not affected.
     */
    PASSERELLE_STATUS_PANIC = 90,
} passerelle_status;

/**
 * What an output is, and which member of its value holds.
 */
typedef enum {
    /**
     * Nothing more until there is input: value.idle.
     */
    PASSERELLE_OUTPUT_TAG_IDLE = 0,
    /**
     * A question for the host: value.ask. Questions may be answered in any order, and while input goes on.
     */
    PASSERELLE_OUTPUT_TAG_ASK = 1,
    /**
     * The report on a message: value.report.
     */
    PASSERELLE_OUTPUT_TAG_REPORT = 2,
    /**
     * Octets for the peer: value.transmit. A verification has no peer and never says this.
     */
    PASSERELLE_OUTPUT_TAG_TRANSMIT = 3,
    /**
     * SPF of MAIL FROM, or of HELO with a null reverse-path: value.finding. This and what follows comes only where
     * passerelle_verification_report_early asked for it, each once, as soon as it is certain, and before the report.
     */
    PASSERELLE_OUTPUT_TAG_SPF = 4,
    /**
     * SPF of HELO, where it is checked besides MAIL FROM: value.finding.
     */
    PASSERELLE_OUTPUT_TAG_SPF_HELO = 5,
    /**
     * The client's address: value.finding.
     */
    PASSERELLE_OUTPUT_TAG_IPREV = 6,
    /**
     * The header section is complete: value.finding, whose JSON tells the author and the signatures.
     */
    PASSERELLE_OUTPUT_TAG_HEADER = 7,
    /**
     * One of the signatures: value.finding.
     */
    PASSERELLE_OUTPUT_TAG_SIGNATURE = 8,
} passerelle_output_tag;

/**
 * Whether a message is authenticated. The numbers are the exit codes of the passerelle command, which ends with 1 where
 * this is undecided.
 */
typedef enum {
    /**
     * Yes: DMARC passes, or the author's domain has no policy and an aligned identity passes.
     */
    PASSERELLE_AUTHENTICATED_YES = 0,
    /**
     * No.
     */
    PASSERELLE_AUTHENTICATED_NO = 1,
    /**
     * Not now: a temporary error stands in the way.
     */
    PASSERELLE_AUTHENTICATED_TEMPORARILY = 3,
    /**
     * It depends on something that is not known: from which address the message came, for which nobody vouches, or its
     * body.
     */
    PASSERELLE_AUTHENTICATED_UNDECIDED = 4,
} passerelle_authenticated;

/**
 * By which standard DMARC is evaluated.
 */
typedef enum {
    /**
     * RFC 9989, with the walk up the DNS tree.
     */
    PASSERELLE_DMARC_MODE_RFC9989 = 0,
    /**
     * RFC 7489, which is obsolete, with the public suffix list.
     */
    PASSERELLE_DMARC_MODE_RFC7489 = 1,
    /**
     * Both, over the same answers: in the report, dmarc is the verdict by RFC 9989, dmarc_rfc7489 the other one, and
     * dmarc_difference tells where they differ and why.
     */
    PASSERELLE_DMARC_MODE_BOTH = 2,
} passerelle_dmarc_mode;

/**
 * What kind of file it is.
 */
typedef enum {
    /**
     * A message, perhaps with the line of an mbox in front.
     */
    PASSERELLE_FILE_KIND_MESSAGE = 0,
    /**
     * Nothing, or nothing but white space.
     */
    PASSERELLE_FILE_KIND_EMPTY = 1,
    /**
     * Outlook's own formats: .msg, .pst, winmail.dat.
     */
    PASSERELLE_FILE_KIND_OUTLOOK = 2,
    /**
     * A picture.
     */
    PASSERELLE_FILE_KIND_IMAGE = 3,
    /**
     * A PDF or another text document.
     */
    PASSERELLE_FILE_KIND_DOCUMENT = 4,
    /**
     * A ZIP, gzip or other archive.
     */
    PASSERELLE_FILE_KIND_ARCHIVE = 5,
    /**
     * HTML, or a saved web page in another form.
     */
    PASSERELLE_FILE_KIND_WEB_PAGE = 6,
    /**
     * JSON, such as a transcript.
     */
    PASSERELLE_FILE_KIND_JSON = 7,
    /**
     * Data of some other kind.
     */
    PASSERELLE_FILE_KIND_BINARY = 8,
    /**
     * Text without header lines: what one sees of a message was copied.
     */
    PASSERELLE_FILE_KIND_NO_HEADER = 9,
    /**
     * Several messages in an mbox.
     */
    PASSERELLE_FILE_KIND_MBOX = 20,
    /**
     * A message with a byte order mark in front.
     */
    PASSERELLE_FILE_KIND_BYTE_ORDER_MARK = 21,
    /**
     * A message in UTF-16.
     */
    PASSERELLE_FILE_KIND_UTF16 = 22,
    /**
     * Apple Mail's .emlx: a count, the message, a property list.
     */
    PASSERELLE_FILE_KIND_EMLX = 23,
    /**
     * A message that was pasted: with blank lines in front, or with every line indented or quoted.
     */
    PASSERELLE_FILE_KIND_INDENTED = 24,
} passerelle_file_kind;

/**
 * The kinds of questions.
 */
typedef enum {
    /**
     * A kind that this version of the header does not know: decline it.
     */
    PASSERELLE_QUESTION_KIND_OTHER = 0,
    /**
     * The DNS records of a name and type, CNAMEs followed.
     */
    PASSERELLE_QUESTION_KIND_DNS = 1,
    /**
     * The MTA-STS policy file of a domain, fetched as RFC 8461 section 3.3 asks.
     */
    PASSERELLE_QUESTION_KIND_STS_POLICY = 2,
} passerelle_question_kind;

/**
 * How a DNS query is put: flags that can be combined.
 */
typedef enum {
    /**
     * Asks the resolver to say whether DNSSEC validated the answer (AD, RFC 6840 section 5.7). Only the word of a
     * resolver that you trust, over a way that you trust, means anything.
     */
    PASSERELLE_QUERY_FLAG_AUTHENTIC_DATA = 1,
    /**
     * Asks for the signatures too (DO, RFC 3225 section 3).
     */
    PASSERELLE_QUERY_FLAG_DNSSEC_OK = 2,
} passerelle_query_flag;

/**
 * The types of DNS records, by their numbers in the DNS.
 */
typedef enum {
    /**
     * An IPv4 address.
     */
    PASSERELLE_RECORD_TYPE_A = 1,
    /**
     * A name server.
     */
    PASSERELLE_RECORD_TYPE_NS = 2,
    /**
     * An alias.
     */
    PASSERELLE_RECORD_TYPE_CNAME = 5,
    /**
     * The start of a zone.
     */
    PASSERELLE_RECORD_TYPE_SOA = 6,
    /**
     * The name of an address.
     */
    PASSERELLE_RECORD_TYPE_PTR = 12,
    /**
     * A mail exchange.
     */
    PASSERELLE_RECORD_TYPE_MX = 15,
    /**
     * A text.
     */
    PASSERELLE_RECORD_TYPE_TXT = 16,
    /**
     * An IPv6 address.
     */
    PASSERELLE_RECORD_TYPE_AAAA = 28,
    /**
     * A certificate association.
     */
    PASSERELLE_RECORD_TYPE_TLSA = 52,
} passerelle_record_type;

/**
 * How a DNS lookup ended. All but the last have the numbers that the DNS has for them (RCODE).
 */
typedef enum {
    /**
     * An answer, with records or without. Without records: the name exists, but has none of this type.
     */
    PASSERELLE_DNS_STATUS_NOERROR = 0,
    /**
     * The servers failed, or DNSSEC validation did. Never to be given for "no records". A host gives it for every
     * RCODE that is not listed here.
     */
    PASSERELLE_DNS_STATUS_SERVFAIL = 2,
    /**
     * The name does not exist.
     */
    PASSERELLE_DNS_STATUS_NXDOMAIN = 3,
    /**
     * No answer came in time.
     */
    PASSERELLE_DNS_STATUS_TIMEOUT = 65536,
} passerelle_dns_status;

/**
 * Why there is no MTA-STS policy file.
 */
typedef enum {
    /**
     * The policy host has no address, does not answer, or breaks off.
     */
    PASSERELLE_STS_ERROR_FETCH = 1,
    /**
     * Its certificate is not valid for the name mta-sts.DOMAIN.
     */
    PASSERELLE_STS_ERROR_CERTIFICATE = 2,
    /**
     * It redirects, which must not be followed (RFC 8461 section 3.3).
     */
    PASSERELLE_STS_ERROR_REDIRECT = 3,
    /**
     * An HTTP status other than 200.
     */
    PASSERELLE_STS_ERROR_STATUS = 4,
    /**
     * A media type other than text/plain.
     */
    PASSERELLE_STS_ERROR_MEDIA_TYPE = 5,
    /**
     * More than you read; RFC 8461 section 3.3 suggests 64 KiB.
     */
    PASSERELLE_STS_ERROR_SIZE = 6,
    /**
     * The file is no policy: for one, it is not UTF-8. What the text says, the engine judges itself.
     */
    PASSERELLE_STS_ERROR_SYNTAX = 7,
} passerelle_sts_error;

/**
 * What a message may cost and a report may weigh: the bounds that passerelle_settings_set_limit sets. What is past one
 * ends with a result that names it.
 */
typedef enum {
    /**
     * Octets in a header section; 262144 by default. Past it, as past the next two, DKIM and DMARC give permerror.
     */
    PASSERELLE_LIMIT_HEADER_SIZE = 1,
    /**
     * Fields in a header section; 2000 by default.
     */
    PASSERELLE_LIMIT_HEADER_FIELDS = 2,
    /**
     * Fields of one name in a header section; 1000 by default.
     */
    PASSERELLE_LIMIT_FIELDS_OF_A_KIND = 3,
    /**
     * DKIM signatures of one message that are examined; 10 by default. One verdict, policy, stands for the others.
     */
    PASSERELLE_LIMIT_SIGNATURES = 4,
    /**
     * Public-key operations that the signatures of one message may cost; 20 by default. Without one left the result
     * of a signature is policy.
     */
    PASSERELLE_LIMIT_VERIFICATIONS = 5,
    /**
     * Questions of one message; 400 by default. What would be asked past it counts as timed out.
     */
    PASSERELLE_LIMIT_QUESTIONS = 6,
    /**
     * Terms of an SPF evaluation that may find nothing (RFC 7208 section 4.6.4); 2 by default. Past it SPF gives
     * permerror.
     */
    PASSERELLE_LIMIT_SPF_VOID_LOOKUPS = 7,
    /**
     * Steps in a report's trail; 1600 by default. A step tells of those that are left out.
     */
    PASSERELLE_LIMIT_TRAIL_STEPS = 8,
    /**
     * Octets in a report; 524288 by default. The trail makes room for the rest of the report, which is never cut and
     * takes at most 131072.
     */
    PASSERELLE_LIMIT_REPORT_SIZE = 9,
} passerelle_limit;

/**
 * Which Received field of a message the host vouches for.
 */
typedef enum {
    /**
     * None: anybody may have written them.
     */
    PASSERELLE_VOUCHED_NONE = 0,
    /**
     * The topmost that tells of a client outside: the host's own server has written what is on top.
     */
    PASSERELLE_VOUCHED_TOPMOST = 1,
    /**
     * The one whose number is given.
     */
    PASSERELLE_VOUCHED_FIELD = 2,
} passerelle_vouched;

/**
 * The answer to a question, as it is being put together.
 */
typedef struct passerelle_answer passerelle_answer;

/**
 * What the SMTP client said and where it came from, as far as that is known. One that is left empty means: only the
 * message is known, so SPF and iprev cannot say anything.
 */
typedef struct passerelle_envelope passerelle_envelope;

/**
 * What a message shows of itself: the authors with their names, subject, date, list and the hosts that it came by. Nothing
 * of it is proven.
 */
typedef struct passerelle_face passerelle_face;

/**
 * How messages are judged. One object serves any number of verifications.
 */
typedef struct passerelle_settings passerelle_settings;

/**
 * A set of answers that stands for the DNS and for MTA-STS policy servers: read from JSON to be answered from, or
 * recorded to be written as JSON.
 */
typedef struct passerelle_transcript passerelle_transcript;

/**
 * One message being verified.
 */
typedef struct passerelle_verification passerelle_verification;

/**
 * The value of PASSERELLE_OUTPUT_TAG_IDLE.
 */
typedef struct {
    /**
     * Whether to call again at wake without input. A verification has no timers and never asks for it.
     */
    bool has_wake;
    /**
     * The moment, in milliseconds on the host's monotonic clock.
     */
    uint64_t wake;
} passerelle_idle;

/**
 * Something that only the host can find out.
 */
typedef struct {
    /**
     * The question's number within its verification.
     */
    uint32_t id;
    /**
     * One of passerelle_question_kind.
     */
    uint32_t kind;
    /**
     * The domain name: lower-case ASCII, without a trailing dot, and not ended by a NUL. Nothing in it is escaped: a
     * hostile SPF record can make it hold spaces, quotes and backslashes, which resolvers that take text with
     * escapes (RFC 1035 section 5.1) want escaped.
     */
    const char *name;
    /**
     * The length of name.
     */
    size_t name_len;
    /**
     * One of passerelle_record_type where the kind is PASSERELLE_QUESTION_KIND_DNS; otherwise 0.
     */
    uint16_t record_type;
} passerelle_question;

/**
 * The value of PASSERELLE_OUTPUT_TAG_REPORT.
 *
 * What to do with the report's member dmarc, by its result:
 *
 * - pass: something vouches for the author's domain. Deliver as you would mail of this domain.
 * - fail: nothing does. Weigh disposition, what the owner asks for, with all else you know.
 * - none: no policy is applied; cause says why. As mail of a domain without DMARC.
 * - temperror: an answer is missing. In a session 451, else as none; never as pass.
 * - permerror with author "certain": the owner's record is broken (cause "record-unusable"), and the message is not at
 *   fault. As none.
 * - permerror with author "candidates": the sender's fault. From is malformed or repeated, and readers may see one of the
 *   candidates or another. disposition is the strictest that the owner of one asks for which fails (RFC 9989 section
 *   11.5). Even if it is none, refusing the message as malformed (RFC 5322 section 3.6) is sound.
 * - permerror with author "incomplete": the same, with more domains than are looked at, or a message beyond a bound;
 *   disposition is quarantine at least.
 * - permerror with author "none": no From names a domain, and nobody's policy applies. disposition is
 *   none. Refuse the message as malformed, or treat it as suspicious.
 *
 * disposition is what the owner asks for, and no order: by RFC 9989 section 8 a receiver MUST NOT reject a message solely on
 * the basis of a p=reject policy, since mailing lists and forwarders break what DMARC checks (section 7.4).
 */
typedef struct {
    /**
     * The report, a JSON object on one line, not ended by a NUL. It is valid until the verification is freed.
     */
    const char *json;
    /**
     * The length of json.
     */
    size_t json_len;
    /**
     * The verdict in one word.
     */
    passerelle_authenticated authenticated;
} passerelle_report;

/**
 * The value of PASSERELLE_OUTPUT_TAG_TRANSMIT.
 */
typedef struct {
    /**
     * The octets. They are valid until the next poll.
     */
    const uint8_t *data;
    /**
     * How many there are.
     */
    size_t data_len;
} passerelle_transmit;

/**
 * The value of PASSERELLE_OUTPUT_TAG_SPF and the tags behind it: something that is certain before the report.
 */
typedef struct {
    /**
     * The result in a word, such as "pass" or "temperror", not ended by a NUL; empty for the header section. It is a
     * constant.
     */
    const char *result;
    /**
     * The length of result.
     */
    size_t result_len;
    /**
     * That part of the report as JSON, not ended by a NUL; how identifiers are aligned is in the report alone. It is
     * valid until the next poll.
     */
    const char *json;
    /**
     * The length of json.
     */
    size_t json_len;
    /**
     * Of a signature, its place in the report's dkim, from 0.
     */
    size_t index;
} passerelle_finding;

/**
 * The value of an output; its tag says which member holds.
 */
typedef union {
    /**
     * With PASSERELLE_OUTPUT_TAG_IDLE.
     */
    passerelle_idle idle;
    /**
     * With PASSERELLE_OUTPUT_TAG_ASK. The name in it is valid until the next poll.
     */
    passerelle_question ask;
    /**
     * With PASSERELLE_OUTPUT_TAG_REPORT.
     */
    passerelle_report report;
    /**
     * With PASSERELLE_OUTPUT_TAG_TRANSMIT.
     */
    passerelle_transmit transmit;
    /**
     * With PASSERELLE_OUTPUT_TAG_SPF, _SPF_HELO, _IPREV, _HEADER and _SIGNATURE.
     */
    passerelle_finding finding;
    /**
     * Room for members of later versions, so that the size stays.
     */
    uint64_t reserved[8];
} passerelle_output_value;

/**
 * One output.
 */
typedef struct {
    /**
     * What it is.
     */
    passerelle_output_tag tag;
    /**
     * The rest.
     */
    passerelle_output_value value;
} passerelle_output;

/**
 * What a file was found to be. The texts are constant, and not ended by a NUL.
 */
typedef struct {
    /**
     * One of passerelle_file_kind; a later version may give others, of which none is a message.
     */
    uint32_t kind;
    /**
     * What it is, to stand behind "this is": "a PNG picture".
     */
    const char *what;
    /**
     * The length of what.
     */
    size_t what_len;
    /**
     * Why it can't be judged as it is; empty for a message.
     */
    const char *why;
    /**
     * The length of why.
     */
    size_t why_len;
    /**
     * What to do instead; empty for a message.
     */
    const char *advice;
    /**
     * The length of advice.
     */
    size_t advice_len;
} passerelle_recognized;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library, such as "0.1.0": a constant text that ends with a NUL.
 */
const char *passerelle_version(void);

/**
 * What a status means, in a sentence: a constant text that ends with a NUL. For a number that is no status the text
 * says so.
 */
const char *passerelle_status_text(uint32_t status);

/**
 * Makes settings with their defaults: the authserv-id "localhost", and no DKIM signature that covers only a part of
 * the body passes.
 */
passerelle_status passerelle_settings_new(passerelle_settings **out);

/**
 * Frees settings; verifications that were made with them are not affected. NULL is allowed.
 */
void passerelle_settings_free(passerelle_settings *settings);

/**
 * Sets the name under which Authentication-Results are written (RFC 8601 section 2.5): not empty, and usually the
 * name of the host or of the domain.
 */
passerelle_status passerelle_settings_set_authserv_id(passerelle_settings *settings, const char *id, size_t id_len);

/**
 * Adds an authserv-id whose Authentication-Results are believed: a server of your own, or of your provider's, that stands in
 * front and takes away those that others have written in its name (RFC 8601 section 5). What it says is shown beside the
 * results here, in the report's member provider_results, and decides nothing. Nobody is believed by default.
 */
passerelle_status passerelle_settings_trust_authserv_id(passerelle_settings *settings,
                                                        const char *id,
                                                        size_t id_len);

/**
 * Sets whether a DKIM signature with a body length (l=, RFC 6376 section 8.2) may pass: what follows the signed part
 * of the body may be by anyone. Off by default.
 */
passerelle_status passerelle_settings_set_accept_body_length(passerelle_settings *settings, bool accept);

/**
 * Sets how many bits an RSA key of DKIM may have, at least 1024 (RFC 8301 section 3.2) and at most 8192, which are also
 * the defaults. A signature with another key does not pass.
 */
passerelle_status passerelle_settings_set_rsa_bits(passerelle_settings *settings,
                                                   uint32_t min,
                                                   uint32_t max);

/**
 * Sets whether the report has a trail, the steps that led to it, as it has by default. It takes about a sixth of the time
 * of a small message; without it the report's member is left out.
 */
passerelle_status passerelle_settings_set_trail(passerelle_settings *settings,
                                                bool trail);

/**
 * Sets the standard of DMARC: one of passerelle_dmarc_mode, PASSERELLE_DMARC_MODE_RFC9989 by default. A library that was
 * built without the public suffix list refuses the others with PASSERELLE_STATUS_ARGUMENT.
 */
passerelle_status passerelle_settings_set_dmarc(passerelle_settings *settings,
                                                uint32_t mode);

/**
 * Sets a bound, one of passerelle_limit. A value that is larger than a size can be counts as the largest there is.
 */
passerelle_status passerelle_settings_set_limit(passerelle_settings *settings, uint32_t limit, uint64_t value);

/**
 * Sets by how many seconds the signer's clock may be ahead: a signature may be dated so far in the future (RFC 6376
 * section 3.5, t=). 300 by default. An expiration gets no such leeway.
 */
passerelle_status passerelle_settings_set_clock_skew(passerelle_settings *settings, uint64_t seconds);

/**
 * Sets whether SPF of HELO is checked besides that of MAIL FROM (RFC 7208 section 2.3). On by default. With a null
 * reverse-path HELO is checked in any case.
 */
passerelle_status passerelle_settings_set_check_helo(passerelle_settings *settings, bool check);

/**
 * Sets whether the client's address is looked up and confirmed (iprev, RFC 8601 section 3). On by default.
 */
passerelle_status passerelle_settings_set_check_iprev(passerelle_settings *settings, bool check);

/**
 * The error of the last call that could change the settings; empty when it succeeded. The text is valid until the
 * next such call or until the settings are freed.
 */
passerelle_status passerelle_settings_error(const passerelle_settings *settings, const char **text, size_t *text_len);

/**
 * Makes an empty envelope.
 */
passerelle_status passerelle_envelope_new(passerelle_envelope **out);

/**
 * Frees an envelope; verifications that were made with it are not affected. NULL is allowed.
 */
void passerelle_envelope_free(passerelle_envelope *envelope);

/**
 * Sets the client's address: the 4 octets of an IPv4 address or the 16 of an IPv6 address, in network order, as
 * struct in_addr and struct in6_addr have them.
 */
passerelle_status passerelle_envelope_set_ip(passerelle_envelope *envelope,
                                             const uint8_t *address,
                                             size_t address_len);

/**
 * Sets the client's address from its text, such as "192.0.2.1" or "2001:db8::1".
 */
passerelle_status passerelle_envelope_set_ip_text(passerelle_envelope *envelope,
                                                  const char *address,
                                                  size_t address_len);

/**
 * Sets the argument of HELO or EHLO, as the client gave it.
 */
passerelle_status passerelle_envelope_set_helo(passerelle_envelope *envelope, const char *helo, size_t helo_len);

/**
 * Sets the reverse-path of MAIL FROM, without its angle brackets. The length 0 is the null reverse-path, "<>", which
 * is something else than an unknown one.
 */
passerelle_status passerelle_envelope_set_mail_from(passerelle_envelope *envelope,
                                                    const char *mail_from,
                                                    size_t mail_from_len);

/**
 * Fills in what is not set yet from the message's own Received and Return-Path fields. data is the message, or at least
 * its header section, as passerelle_verification_octets wants it.
 *
 * That proves nothing, for whoever wrote the message can have written those fields: SPF of it is shown as derived, and
 * DMARC does not count it, unless vouched (one of passerelle_vouched) says that the host's own server wrote the field:
 * the topmost, or with PASSERELLE_VOUCHED_FIELD the one with the number field, counted from the top, from 1. Fields that
 * name a private, loopback or link-local address as the client are passed over, and so are those that name an address in
 * relays: networks of the host's own relays, such as "192.0.2.1, 2001:db8::/32", separated by commas; it may be empty.
 */
passerelle_status passerelle_envelope_from_message(passerelle_envelope *envelope,
                                                   const uint8_t *data,
                                                   size_t data_len,
                                                   uint32_t vouched,
                                                   uint32_t field,
                                                   const char *relays,
                                                   size_t relays_len);

/**
 * The error of the last call that could change the envelope; empty when it succeeded. The text is valid until the
 * next such call or until the envelope is freed.
 */
passerelle_status passerelle_envelope_error(const passerelle_envelope *envelope, const char **text, size_t *text_len);

/**
 * Starts to verify a message. The first questions can be polled at once. Settings and envelope are copied; unix_time
 * is the time in seconds since 1970, by which signatures are judged.
 */
passerelle_status passerelle_verification_new(const passerelle_settings *settings,
                                              const passerelle_envelope *envelope,
                                              uint64_t unix_time,
                                              passerelle_verification **out);

/**
 * Frees a verification, at any moment, and with it everything it lent. NULL is allowed.
 */
void passerelle_verification_free(passerelle_verification *verification);

/**
 * Adds a step of the host's own to the report's trail, such as that it converted line endings: what was looked at,
 * what came of it, why, and the rule's source, each a text for people. Any of them may be empty.
 */
passerelle_status passerelle_verification_note(passerelle_verification *verification,
                                               const char *step,
                                               size_t step_len,
                                               const char *outcome,
                                               size_t outcome_len,
                                               const char *why,
                                               size_t why_len,
                                               const char *source,
                                               size_t source_len);

/**
 * Asks for what is certain before the report, as outputs of their own: SPF and the client's address, before the message
 * begins if the host waits for them; what the header section shows; each signature. Called before the first poll, it
 * misses nothing.
 */
passerelle_status passerelle_verification_report_early(passerelle_verification *verification);

/**
 * Hands in the next octets of the message, as they go over the wire: with CRLF line endings, and without the dots
 * that SMTP adds. Any split gives the same report. The octets are not needed after the call.
 */
passerelle_status passerelle_verification_octets(passerelle_verification *verification,
                                                 const uint8_t *data,
                                                 size_t data_len);

/**
 * Says that the message is complete.
 */
passerelle_status passerelle_verification_end(passerelle_verification *verification);

/**
 * Answers a question. The answer is copied and remains yours: to be given again, and to be freed.
 */
passerelle_status passerelle_verification_answer(passerelle_verification *verification,
                                                 uint32_t question_id,
                                                 const passerelle_answer *answer);

/**
 * Answers a DNS question with the message that came from a recursive resolver, as passerelle_answer_new_message reads it.
 * Where there is no answer in the message, the question still waits for one.
 */
passerelle_status passerelle_verification_answer_message(passerelle_verification *verification,
                                                         uint32_t question_id,
                                                         const uint8_t *message,
                                                         size_t message_len);

/**
 * Says that there will be no answer to a question, of whatever kind it is: the lookup counts as timed out.
 */
passerelle_status passerelle_verification_decline(passerelle_verification *verification, uint32_t question_id);

/**
 * Says that the host waits no longer: every question without an answer counts as timed out. Answers that come later
 * are ignored.
 */
passerelle_status passerelle_verification_deadline(passerelle_verification *verification);

/**
 * Takes the next output. PASSERELLE_OUTPUT_TAG_IDLE says that there is none; an output that is not taken now waits.
 * There is one report, when the message is complete and every question that matters has its answer.
 */
passerelle_status passerelle_verification_poll(passerelle_verification *verification, passerelle_output *out);

/**
 * The error of the last call that could change the verification; empty when it succeeded. The text is valid until
 * the next such call or until the verification is freed.
 */
passerelle_status passerelle_verification_error(const passerelle_verification *verification,
                                                const char **text,
                                                size_t *text_len);

/**
 * Writes the DNS message that asks a question of kind PASSERELLE_QUESTION_KIND_DNS to data, where there is room for
 * data_size octets; PASSERELLE_MAX_QUERY are always enough. For hosts whose resolver is a socket or an HTTPS request:
 * passerelle_verification_answer_message and passerelle_answer_new_message read what comes back.
 *
 * message_id is the message's number: pick it unforeseeably, and compare it with the response's, where they go over UDP;
 * over HTTPS it is 0. flags are of passerelle_query_flag. udp_size says how many octets you take over UDP; 1232 is a good
 * number. Over TCP put the length before the message, as two octets.
 */
passerelle_status passerelle_question_encode(const passerelle_question *question,
                                             uint16_t message_id,
                                             uint32_t flags,
                                             uint16_t udp_size,
                                             uint8_t *data,
                                             size_t data_size,
                                             size_t *data_len);

/**
 * Makes an answer to a DNS question, without records yet. status is one of passerelle_dns_status; ttl says for
 * how many seconds the answer may be kept; secure says whether DNSSEC validated it.
 */
passerelle_status passerelle_answer_new(uint32_t status, uint32_t ttl, bool secure, passerelle_answer **out);

/**
 * Makes the answer that a DNS message gives to a question of kind PASSERELLE_QUESTION_KIND_DNS: message is what came
 * from a recursive resolver, without the two octets of its length that stand before it over TCP. CNAME records are
 * followed in it, and the aliases, the status and the time to live are taken from it. PASSERELLE_STATUS_DNS_TRUNCATED,
 * PASSERELLE_STATUS_DNS_OTHER_QUESTION and PASSERELLE_STATUS_DNS_MESSAGE say what to do where there is no answer in it.
 *
 * The answer is secure where the message says AD (0x20 in its fourth octet). Clear that bit first unless you trust the
 * resolver, and the way to it (RFC 4035 section 4.9.3).
 */
passerelle_status passerelle_answer_new_message(const passerelle_question *question,
                                                const uint8_t *message,
                                                size_t message_len,
                                                passerelle_answer **out);

/**
 * Makes an answer to an MTA-STS question: the text of the policy file.
 */
passerelle_status passerelle_answer_new_sts_policy(const char *policy, size_t policy_len, passerelle_answer **out);

/**
 * Makes an answer to an MTA-STS question when there is no policy; error is one of passerelle_sts_error.
 */
passerelle_status passerelle_answer_new_sts_failure(uint32_t error, passerelle_answer **out);

/**
 * Frees an answer. NULL is allowed.
 */
void passerelle_answer_free(passerelle_answer *answer);

/**
 * Adds a record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR. data is in presentation form, such
 * as "10 mx.example.com" for PASSERELLE_RECORD_TYPE_MX. A TXT record is its text as it stands, without quotes.
 *
 * Records of other types than the question asks for are ignored when the answer is given. CNAMEs have to be
 * followed by the host (or by its resolver), and what they lead to is the answer; passerelle_answer_add_alias tells of
 * them.
 */
passerelle_status passerelle_answer_add(passerelle_answer *answer,
                                        uint16_t record_type,
                                        const char *data,
                                        size_t data_len);

/**
 * Adds a record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR. rdata is what goes over the wire
 * (RFC 1035 section 3.3), with names that are not compressed, as libunbound and ldns hand it out; for A and AAAA it
 * is the address, for TXT each character-string behind its length.
 */
passerelle_status passerelle_answer_add_rdata(passerelle_answer *answer,
                                              uint16_t record_type,
                                              const uint8_t *rdata,
                                              size_t rdata_len);

/**
 * Adds a TXT record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR: its character-strings, joined
 * with nothing between them. The octets need not be UTF-8.
 */
passerelle_status passerelle_answer_add_txt(passerelle_answer *answer, const uint8_t *data, size_t data_len);

/**
 * Adds a step to the CNAME records that led to a DNS answer, whatever its status: the name that the record points to,
 * and whether DNSSEC validated that record. The first is that of the name that was asked, the last leads to the canonical
 * name. A host whose resolver tells the canonical name alone adds that.
 */
passerelle_status passerelle_answer_add_alias(passerelle_answer *answer,
                                              const char *target,
                                              size_t target_len,
                                              bool secure);

/**
 * The error of the last call that could change the answer; empty when it succeeded. The text is valid until the next
 * such call or until the answer is freed.
 */
passerelle_status passerelle_answer_error(const passerelle_answer *answer, const char **text, size_t *text_len);

/**
 * Makes an empty transcript, in which no name exists.
 */
passerelle_status passerelle_transcript_new(passerelle_transcript **out);

/**
 * Frees a transcript. NULL is allowed.
 */
void passerelle_transcript_free(passerelle_transcript *transcript);

/**
 * Reads a transcript from JSON in UTF-8; it takes the place of what was there. The transcript's error names the entry
 * and what is wrong with it.
 */
passerelle_status passerelle_transcript_parse(passerelle_transcript *transcript,
                                              const uint8_t *json,
                                              size_t json_len);

/**
 * Looks up the answer to a question, CNAMEs followed. There is one to every question. The answer is yours to free.
 */
passerelle_status passerelle_transcript_answer(const passerelle_transcript *transcript,
                                               const passerelle_question *question,
                                               passerelle_answer **out);

/**
 * Notes an answer that the world gave. A later one to the same question takes the place of an earlier one; one that
 * is of another kind than the question is not noted.
 */
passerelle_status passerelle_transcript_record(passerelle_transcript *transcript,
                                               const passerelle_question *question,
                                               const passerelle_answer *answer);

/**
 * The transcript as JSON, an answer a line, sorted by name and type. The text is valid until the next call of this
 * function or until the transcript is freed.
 */
passerelle_status passerelle_transcript_to_json(passerelle_transcript *transcript,
                                                const char **json,
                                                size_t *json_len);

/**
 * The error of the last call that could change the transcript; empty when it succeeded. The text is valid until the
 * next such call or until the transcript is freed.
 */
passerelle_status passerelle_transcript_error(const passerelle_transcript *transcript,
                                              const char **text,
                                              size_t *text_len);

/**
 * Reads what a message shows. Its header section is enough; lines end with CRLF.
 */
passerelle_status passerelle_face_new(const uint8_t *message, size_t message_len, passerelle_face **out);

/**
 * The face as a JSON object on one line, not ended by a NUL; it is valid until the face is freed. Names, subject and list are
 * decoded, and have U+FFFD in the place of what cannot be. They may hold anything that a character can do, such as
 * turn the direction of what follows.
 *
 * Its members: from [{text, mailboxes [{name, address, domain, domain_unicode}]}], one for each From field; reply_to, the
 * same; subject; date {text, unix}; list_id {text, id}; received [{field, from, ip, by, with, tls, time, delay}], the oldest
 * first, field being counted from the top; headers_only: there is no body, and no signature can be judged; over_limit.
 */
passerelle_status passerelle_face_json(const passerelle_face *face,
                                       const char **json,
                                       size_t *json_len);

/**
 * Frees a face. NULL is allowed.
 */
void passerelle_face_free(passerelle_face *face);

/**
 * Says what a file is that was handed in as a message, by all its octets or its first 64 KiB at least. Anything but
 * PASSERELLE_FILE_KIND_MESSAGE is not to be verified: the report would be one on nothing.
 */
passerelle_status passerelle_recognize(const uint8_t *file, size_t file_len, passerelle_recognized *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PASSERELLE_H */
