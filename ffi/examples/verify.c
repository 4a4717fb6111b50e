/*
 * verify: says whether a message is what it claims to be, with a transcript in the place of the DNS.
 *
 *     verify MESSAGE TRANSCRIPT [--ip A] [--helo N] [--mail-from M] [--authserv-id N] [--now UNIX]
 *
 * The options are those of `passerelle verify`; as there, the transcript may also be given as --dns TRANSCRIPT.
 *
 * The report goes to standard output as a line of JSON. The exit code is 0 when the message is authenticated, 1 when it
 * is not, 3 when a temporary error stands in the way, and 2 when the program was called wrongly or a file cannot be
 * read; standard error says why.
 *
 * Without --ip, --helo and --mail-from nothing is known of the client, and SPF is "none": unlike the command, this
 * program does not look for them in the message. --mail-from "" is the null reverse-path. A message whose lines end
 * with LF is converted to CRLF, as it would go over the wire, and the report says so.
 *
 * A host with a network does the same with its own event loop: see the top of passerelle.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "passerelle.h"

enum { CHUNK_SIZE = 64 * 1024, EXIT_USAGE = 2 };

struct options {
    const char *message;
    const char *transcript;
    const char *ip;
    const char *helo;
    const char *mail_from;
    const char *authserv_id;
    uint64_t now;
};

/* Everything that has to be freed. What has not been made yet is NULL, which the library's free functions accept. */
struct host {
    passerelle_settings *settings;
    passerelle_envelope *envelope;
    passerelle_transcript *transcript;
    passerelle_verification *verification;
};

/* ------------------------------------------------------------------------------------------------ errors --------- */

/* For calls without a handle to ask. */
static bool done(passerelle_status status, const char *what)
{
    if (status == PASSERELLE_STATUS_OK) {
        return true;
    }
    fprintf(stderr, "verify: %s: %s\n", what, passerelle_status_text(status));
    return false;
}

/* For calls that failed on a handle: text is what passerelle_..._error gave. */
static bool failed(const char *what, const char *text, size_t text_len)
{
    fprintf(stderr, "verify: %s: %.*s\n", what, (int)text_len, text);
    return false;
}

static bool settings_done(struct host *host, passerelle_status status, const char *what)
{
    const char *text = "";
    size_t text_len = 0;
    if (status == PASSERELLE_STATUS_OK) {
        return true;
    }
    passerelle_settings_error(host->settings, &text, &text_len);
    return failed(what, text, text_len);
}

static bool envelope_done(struct host *host, passerelle_status status, const char *what)
{
    const char *text = "";
    size_t text_len = 0;
    if (status == PASSERELLE_STATUS_OK) {
        return true;
    }
    passerelle_envelope_error(host->envelope, &text, &text_len);
    return failed(what, text, text_len);
}

static bool transcript_done(struct host *host, passerelle_status status, const char *what)
{
    const char *text = "";
    size_t text_len = 0;
    if (status == PASSERELLE_STATUS_OK) {
        return true;
    }
    passerelle_transcript_error(host->transcript, &text, &text_len);
    return failed(what, text, text_len);
}

static bool verification_done(struct host *host, passerelle_status status, const char *what)
{
    const char *text = "";
    size_t text_len = 0;
    if (status == PASSERELLE_STATUS_OK) {
        return true;
    }
    passerelle_verification_error(host->verification, &text, &text_len);
    return failed(what, text, text_len);
}

/* ------------------------------------------------------------------------------------------------ files ---------- */

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "verify: %s: %s\n", path, strerror(errno));
    }
    return file;
}

/* Reads a whole file into memory that the caller frees. */
static bool read_file(const char *path, uint8_t **data, size_t *data_len)
{
    uint8_t *buffer = NULL;
    size_t len = 0;
    size_t capacity = 0;
    FILE *file = open_file(path);
    if (file == NULL) {
        return false;
    }
    for (;;) {
        if (capacity - len < CHUNK_SIZE) {
            size_t larger = capacity == 0 ? CHUNK_SIZE : capacity * 2;
            uint8_t *grown = larger > capacity ? realloc(buffer, larger) : NULL;
            if (grown == NULL) {
                fprintf(stderr, "verify: %s: it does not fit into memory\n", path);
                goto fail;
            }
            buffer = grown;
            capacity = larger;
        }
        size_t count = fread(buffer + len, 1, capacity - len, file);
        len += count;
        if (count == 0) {
            break;
        }
    }
    if (ferror(file)) {
        fprintf(stderr, "verify: %s: %s\n", path, strerror(errno));
        goto fail;
    }
    fclose(file);
    *data = buffer;
    *data_len = len;
    return true;

fail:
    fclose(file);
    free(buffer);
    return false;
}

/* ------------------------------------------------------------------------------------------------ the work ------- */

static bool load_transcript(struct host *host, const char *path)
{
    uint8_t *json = NULL;
    size_t json_len = 0;
    if (!done(passerelle_transcript_new(&host->transcript), "transcript") || !read_file(path, &json, &json_len)) {
        return false;
    }
    passerelle_status status = passerelle_transcript_parse(host->transcript, json, json_len);
    free(json);
    return transcript_done(host, status, path);
}

static bool fill_envelope(struct host *host, const struct options *options)
{
    passerelle_envelope *envelope = host->envelope;
    const char *ip = options->ip;
    const char *helo = options->helo;
    const char *mail_from = options->mail_from;
    return (ip == NULL ||
            envelope_done(host, passerelle_envelope_set_ip_text(envelope, ip, strlen(ip)), "--ip")) &&
           (helo == NULL ||
            envelope_done(host, passerelle_envelope_set_helo(envelope, helo, strlen(helo)), "--helo")) &&
           (mail_from == NULL ||
            envelope_done(host, passerelle_envelope_set_mail_from(envelope, mail_from, strlen(mail_from)),
                          "--mail-from"));
}

static bool start(struct host *host, const struct options *options)
{
    const char *id = options->authserv_id;
    if (!done(passerelle_settings_new(&host->settings), "settings") ||
        !done(passerelle_envelope_new(&host->envelope), "envelope")) {
        return false;
    }
    if (id != NULL && !settings_done(host, passerelle_settings_set_authserv_id(host->settings, id, strlen(id)),
                                     "--authserv-id")) {
        return false;
    }
    return fill_envelope(host, options) &&
           done(passerelle_verification_new(host->settings, host->envelope, options->now, &host->verification),
                "verification");
}

/* Gives the transcript's answer to one question. */
static bool answer(struct host *host, const passerelle_question *question)
{
    passerelle_answer *found = NULL;
    if (question->kind == PASSERELLE_QUESTION_KIND_OTHER) {
        return verification_done(host, passerelle_verification_decline(host->verification, question->id), "decline");
    }
    if (!done(passerelle_transcript_answer(host->transcript, question, &found), "transcript")) {
        return false;
    }
    passerelle_status status = passerelle_verification_answer(host->verification, question->id, found);
    passerelle_answer_free(found);
    return verification_done(host, status, "answer");
}

/* Acts on what the library wants, until it wants nothing more. The report, once it comes, goes to *report. */
static bool drain(struct host *host, passerelle_report *report)
{
    for (;;) {
        passerelle_output output;
        if (!verification_done(host, passerelle_verification_poll(host->verification, &output), "poll")) {
            return false;
        }
        switch (output.tag) {
        case PASSERELLE_OUTPUT_TAG_IDLE:
            return true;
        case PASSERELLE_OUTPUT_TAG_ASK:
            if (!answer(host, &output.value.ask)) {
                return false;
            }
            break;
        case PASSERELLE_OUTPUT_TAG_REPORT:
            *report = output.value.report; /* Its text is valid until the verification is freed. */
            break;
        case PASSERELLE_OUTPUT_TAG_TRANSMIT:
            break; /* There is no peer here. */
        case PASSERELLE_OUTPUT_TAG_SPF:
        case PASSERELLE_OUTPUT_TAG_SPF_HELO:
        case PASSERELLE_OUTPUT_TAG_IPREV:
        case PASSERELLE_OUTPUT_TAG_HEADER:
        case PASSERELLE_OUTPUT_TAG_SIGNATURE:
            break; /* Not asked for: the report says it again. */
        }
    }
}

static bool hand_in(struct host *host, const uint8_t *data, size_t data_len, passerelle_report *report)
{
    return verification_done(host, passerelle_verification_octets(host->verification, data, data_len), "message") &&
           drain(host, report);
}

/* Hands in octets with a CR in front of every LF that has none. *last is the octet before them, and becomes the last
 * one of them: a chunk may end between CR and LF. */
static bool hand_in_as_crlf(struct host *host, const uint8_t *data, size_t data_len, uint8_t *last,
                            passerelle_report *report)
{
    static uint8_t converted[2 * CHUNK_SIZE];
    size_t len = 0;
    for (size_t i = 0; i < data_len; i++) {
        if (data[i] == '\n' && *last != '\r') {
            converted[len++] = '\r';
        }
        converted[len++] = data[i];
        *last = data[i];
    }
    return hand_in(host, converted, len, report);
}

/* Whether lines end with LF alone: the first one tells. */
static bool has_lf_endings(const uint8_t *data, size_t data_len)
{
    const uint8_t *lf = memchr(data, '\n', data_len);
    return lf != NULL && (lf == data || lf[-1] != '\r');
}

static bool note_conversion(struct host *host)
{
    static const char step[] = "message file";
    static const char outcome[] = "LF converted to CRLF";
    static const char why[] = "lines end with LF in the file; mail has CRLF on the wire, and that is what was signed";
    static const char source[] = "RFC 5321 \u00a72.3.8";
    return verification_done(host,
                             passerelle_verification_note(host->verification, step, sizeof step - 1, outcome,
                                                          sizeof outcome - 1, why, sizeof why - 1, source,
                                                          sizeof source - 1),
                             "note");
}

/* Feeds the message as it is read, and answers questions as they come: most before the message is complete. */
static bool feed(struct host *host, FILE *message, const char *path, passerelle_report *report)
{
    static uint8_t chunk[CHUNK_SIZE];
    uint8_t last = 0;
    size_t count = fread(chunk, 1, sizeof chunk, message);
    bool convert = has_lf_endings(chunk, count);
    if (convert && !note_conversion(host)) {
        return false;
    }
    for (; count > 0; count = fread(chunk, 1, sizeof chunk, message)) {
        bool handed_in = convert ? hand_in_as_crlf(host, chunk, count, &last, report)
                                 : hand_in(host, chunk, count, report);
        if (!handed_in) {
            return false;
        }
    }
    if (ferror(message)) {
        fprintf(stderr, "verify: %s: %s\n", path, strerror(errno));
        return false;
    }
    return verification_done(host, passerelle_verification_end(host->verification), "end") && drain(host, report);
}

/* The exit code. */
static int verify(struct host *host, const struct options *options)
{
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    if (!load_transcript(host, options->transcript) || !start(host, options)) {
        return EXIT_USAGE;
    }
    FILE *message = open_file(options->message);
    if (message == NULL) {
        return EXIT_USAGE;
    }
    bool fed = feed(host, message, options->message, &report);
    fclose(message);
    if (!fed) {
        return EXIT_USAGE;
    }
    if (report.json == NULL) {
        fprintf(stderr, "verify: there is no report although every question was answered\n");
        return EXIT_USAGE;
    }
    if (fwrite(report.json, 1, report.json_len, stdout) != report.json_len || putchar('\n') == EOF ||
        fflush(stdout) == EOF) {
        fprintf(stderr, "verify: standard output: %s\n", strerror(errno));
        return EXIT_USAGE;
    }
    return (int)report.authenticated; /* Its numbers are made to be exit codes. */
}

/* ------------------------------------------------------------------------------------------------ options -------- */

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "verify: %s%s\n"
            "usage: verify MESSAGE TRANSCRIPT [--ip A] [--helo N] [--mail-from M] [--authserv-id N] [--now UNIX]\n",
            problem, argument);
    return EXIT_USAGE;
}

/* Digits alone: strtoull would take a sign and leading blanks too. */
static bool parse_time(const char *text, uint64_t *seconds)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return false;
    }
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    *seconds = number;
    return errno == 0;
}

/* Where the value of an option goes; NULL for what is no option with a text. */
static const char **text_option(struct options *options, const char *name)
{
    return strcmp(name, "--dns") == 0           ? &options->transcript
           : strcmp(name, "--ip") == 0          ? &options->ip
           : strcmp(name, "--helo") == 0        ? &options->helo
           : strcmp(name, "--mail-from") == 0   ? &options->mail_from
           : strcmp(name, "--authserv-id") == 0 ? &options->authserv_id
                                                : NULL;
}

/* 0, or the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        const char **text = text_option(options, argument);
        if (strncmp(argument, "--", 2) != 0) {
            if (options->message == NULL) {
                options->message = argument;
            } else if (options->transcript == NULL) {
                options->transcript = argument;
            } else {
                return usage("one file too many: ", argument);
            }
        } else if (text == NULL && strcmp(argument, "--now") != 0) {
            return usage("unknown option ", argument);
        } else if (++i == argc) {
            return usage("there is no value behind ", argument);
        } else if (text != NULL) {
            *text = argv[i];
        } else if (!parse_time(argv[i], &options->now)) {
            return usage("--now wants seconds since 1970, not ", argv[i]);
        }
    }
    if (options->message == NULL || options->transcript == NULL) {
        return usage("a message and a transcript are needed", "");
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.now = (uint64_t)time(NULL)};
    struct host host = {NULL, NULL, NULL, NULL};
    int code = parse_options(argc, argv, &options);
    if (code != 0) {
        return code;
    }
    code = verify(&host, &options);
    passerelle_verification_free(host.verification);
    passerelle_transcript_free(host.transcript);
    passerelle_envelope_free(host.envelope);
    passerelle_settings_free(host.settings);
    return code;
}
