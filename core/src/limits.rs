//! Every bound of the engine, each with its source.
//!
//! A bound marked *ours* has no number in an RFC: it is set where real mail stays well below and hostile mail is
//! stopped early. What is past a bound is never guessed at: it ends with a result that names the bound.
//!
//! # What a host can set
//!
//! [`Limits`] has the bounds on which sites differ: what a message may cost, and what a report may weigh. It is part of
//! [`verify::Settings`](crate::verify::Settings). The bounds of DKIM are in
//! [`VerifyPolicy`](crate::dkim::VerifyPolicy): signatures examined, public-key operations, key bits.
//!
//! The others are fixed. Those of an RFC are part of what a result means: two hosts with different numbers of SPF
//! lookups would disagree about the same record, so only the number of void lookups, which RFC 7208 §4.6.4 itself leaves
//! to the host, can be set. The rest bounds one grammar each, orders of magnitude above what that grammar is used for.

use crate::setters::setters;

/// The bounds that a host can set, with the constants of this module as defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets in a header section: [`MAX_HEADER_SIZE`]. Memory for twice as many is needed while one is read.
    pub header_size: usize,
    /// Fields in a header section: [`MAX_HEADER_FIELDS`].
    pub header_fields: usize,
    /// Fields of one name in a header section: [`MAX_FIELDS_OF_A_KIND`].
    pub fields_of_a_kind: usize,
    /// Questions in all that a message may ask: [`MAX_QUESTIONS`].
    pub questions: usize,
    /// Terms of an SPF evaluation that may find nothing: [`MAX_SPF_VOID_LOOKUPS`].
    pub spf_void_lookups: u32,
    /// Steps in a report's trail: [`MAX_REPORT_STEPS`].
    pub trail_steps: usize,
    /// Octets in a report, as JSON: [`MAX_REPORT_SIZE`]. Steps of the trail make room for the rest, which is never cut and
    /// takes at most [`MAX_REPORT_BASE`].
    pub report_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_size: MAX_HEADER_SIZE,
            header_fields: MAX_HEADER_FIELDS,
            fields_of_a_kind: MAX_FIELDS_OF_A_KIND,
            questions: MAX_QUESTIONS,
            spf_void_lookups: MAX_SPF_VOID_LOOKUPS,
            trail_steps: MAX_REPORT_STEPS,
            report_size: MAX_REPORT_SIZE,
        }
    }
}

impl Limits {
    setters! {
        header_size: usize,
        header_fields: usize,
        fields_of_a_kind: usize,
        questions: usize,
        spf_void_lookups: u32,
        trail_steps: usize,
        report_size: usize,
    }
}

// --- Names (RFC 1035, RFC 5321) ---------------------------------------------------------------------------------

/// Octets in a domain name in presentation form, without the trailing dot (RFC 1035 §2.3.4 allows 255 on the wire).
pub const MAX_DOMAIN_LENGTH: usize = 253;
/// Octets in one label (RFC 1035 §2.3.4).
pub const MAX_LABEL_LENGTH: usize = 63;
/// Octets of a U-label domain that are looked at before it is refused: an A-label of 63 octets stands for fewer than
/// 63 characters of at most 4 octets each. Ours.
pub const MAX_UNICODE_DOMAIN_LENGTH: usize = 4 * MAX_DOMAIN_LENGTH;

// --- Lookups ----------------------------------------------------------------------------------------------------

/// Questions that one message, or one stand-alone evaluation, may ask. Ours: a message with the largest number of
/// signatures, a full SPF evaluation and the tree walks stays below 150.
pub const MAX_QUESTIONS: usize = 400;
/// Records kept of one answer; an answer with more counts as SERVFAIL. Ours: a DNS message of 65,535 octets cannot
/// carry more A records than 4,095, and no sane name comes near.
pub const MAX_ANSWER_RECORDS: usize = 4096;
/// Octets of text in the TXT records of one answer; an answer with more counts as SERVFAIL. Ours: twice what a DNS
/// message can carry (RFC 1035 §4.2.2), so that only a host that makes answers up meets it.
pub const MAX_ANSWER_TEXT: usize = 128 * 1024;
/// CNAME records followed in a transcript or a DNS message. The design; resolvers use 8 to 16.
pub const MAX_CNAME_CHAIN: usize = 8;

// --- DNS messages (RFC 1035) ------------------------------------------------------------------------------------

/// Octets of a DNS message: what the length before one can say over TCP (RFC 1035 §4.2.2, RFC 8484 §6).
pub const MAX_DNS_MESSAGE: usize = 65_535;
/// Octets of a name on the wire, its root label counted (RFC 1035 §3.1).
pub const MAX_WIRE_NAME: usize = 255;
/// Compression pointers followed in one name. Ours: it has at most 127 labels, each of which could stand behind one.
pub const MAX_NAME_POINTERS: usize = 127;
/// Octets that a query offers to take over UDP, unless the host says otherwise. Ours, as of the DNS flag day of 2020: what
/// every link of IPv6 carries without fragments (RFC 8200 §5), less the headers.
pub const DNS_UDP_SIZE: u16 = 1232;

// --- Trail and report -------------------------------------------------------------------------------------------

/// Steps kept in the trail of one verdict. Ours: an SPF evaluation of ten large records takes some 300.
pub const MAX_TRAIL_STEPS: usize = 500;
/// Steps kept in a report's trail. Ours: room for the trails of its verdicts.
pub const MAX_REPORT_STEPS: usize = 1600;
/// Octets of a report's verdicts and field, as JSON, that no bound need be kept for: hostile mail does not make them
/// more. Ours.
pub const MAX_REPORT_BASE: usize = 128 * 1024;
/// `Received` fields passed over of which the trail tells. Ours.
pub const MAX_SKIPPED_HOPS_TOLD: usize = 8;
/// Octets in a report, as JSON. Ours: a report of real mail takes 2 to 20 KiB.
pub const MAX_REPORT_SIZE: usize = 512 * 1024;
/// Steps kept of one SPF evaluation, its last aside, so that a record of a thousand networks leaves room for what
/// DKIM and DMARC have to say. Ours.
pub const MAX_SPF_TRAIL_STEPS: usize = 120;

// --- Tag lists --------------------------------------------------------------------------------------------------

/// Tags in one list. Ours: DKIM-Signature has 13 registered tags, DMARC 12.
pub const MAX_TAGS: usize = 64;

// --- Transcripts ------------------------------------------------------------------------------------------------

/// Octets of a transcript. Ours: a verification of the largest kind records some 200 KiB.
pub const MAX_TRANSCRIPT_SIZE: usize = 16 << 20;

// --- DMARC (RFC 9989) -------------------------------------------------------------------------------------------

/// Queries of one DNS tree walk (RFC 9989 §4.10).
pub const MAX_TREE_WALK_QUERIES: usize = 8;
/// Labels of the second name that a tree walk asks about when the first has eight or more
/// (RFC 9989 §4.10 step 4).
pub const TREE_WALK_SHORTCUT_LABELS: usize = MAX_TREE_WALK_QUERIES - 1;
/// Identifiers for whose organizational domain a tree walk is made. Ours: only names below the author's organizational
/// domain need one, and a real message has one or two of them.
pub const MAX_ALIGNMENT_WALKS: usize = 24;
/// Identifiers that cannot be authenticated any more, such as those of expired signatures, for which a tree walk is made
/// all the same, to tell how they stand to the author domain. Ours: no result depends on it.
pub const MAX_TOLD_WALKS: usize = 4;
/// Octets of a published record, or of a part of one, that a reason repeats. Ours, for the reader's sake.
pub const MAX_RECORD_SHOWN: usize = 80;
/// Octets of a word that is compared with those that may have been meant. Ours: the longest of them has ten letters.
pub const MAX_WORD_COMPARED: usize = 16;
/// Things named in one reason where there may be any number of them: terms, identifiers, faults. Ours, for the reader's
/// sake.
pub const MAX_NAMED: usize = 4;
/// Octets in a policy record; what is longer is none. Ours: published records stay below 1 KiB, and a message can make
/// a receiver read some hundred of them, some more than once.
pub const MAX_DMARC_RECORD: usize = 4096;
/// Kinds of faults kept of one policy record. Ours, for the reader's sake.
pub const MAX_DMARC_IGNORED: usize = 32;
/// Identifiers named where the alignment by RFC 9989 and by RFC 7489 differs. Ours, for the reader's sake.
pub const MAX_DIFFERENCES_NAMED: usize = 4;

// --- SPF (RFC 7208) ---------------------------------------------------------------------------------------------

/// Terms that cause DNS queries in one evaluation: `include`, `a`, `mx`, `ptr`, `exists`, `redirect`, and the query
/// of the `%{p}` macro (RFC 7208 §4.6.4). It bounds the recursion of `check_host()` too.
pub const MAX_SPF_LOOKUPS: u32 = 10;
/// Terms of which a query may find nothing (RFC 7208 §4.6.4), unless the host sets another number.
pub const MAX_SPF_VOID_LOOKUPS: u32 = 2;
/// MX records that one `mx` may yield; with more the result is permerror (RFC 7208 §4.6.4).
pub const MAX_SPF_MX_NAMES: usize = 10;
/// PTR records of which the names are looked up; the others are ignored (RFC 7208 §4.6.4).
pub const MAX_SPF_PTR_NAMES: usize = 10;
/// Octets in one SPF record. Ours: published records stay below 8 KiB, even those made of nothing but networks.
pub const MAX_SPF_RECORD: usize = 16 * 1024;
/// Terms in one SPF record. Ours: more `ip4` terms than this do not fit in [`MAX_SPF_RECORD`].
pub const MAX_SPF_TERMS: usize = 2000;
/// Octets in one domain-spec, before expansion. Ours: what it expands to is cut to 253 octets, and a macro takes 4.
pub const MAX_SPF_DOMAIN_SPEC: usize = 1024;
/// Octets in a reverse-path that is checked. Ours: four times what RFC 5321 §4.5.3.1.3 asks receivers to take.
pub const MAX_SPF_SENDER: usize = 1024;
/// Octets of the HELO argument that `%{h}` and `Received-SPF` show. Ours: one more than a domain name can have.
pub const MAX_SPF_HELO: usize = MAX_DOMAIN_LENGTH + 1;
/// Queries that found nothing of which a reason can tell. Ours: an evaluation with more ends in a permerror, unless they
/// are of one `mx` or the host has set another number.
pub const MAX_SPF_NOTHING_TOLD: usize = 16;
/// TXT records of a name that are looked at for one that is nearly an SPF record. Ours: names have some twenty.
pub const MAX_NEARLY_SPF: usize = 50;
/// Octets in an explanation, expanded; a longer one is dropped. Ours: it becomes lines of an SMTP reply.
pub const MAX_SPF_EXPLANATION: usize = 2048;
/// Octets of one value in `Received-SPF`; the rest is cut off. Ours: twice that, escaped, fits in a line of 998
/// octets (RFC 5322 §2.1.1).
pub const MAX_RECEIVED_SPF_VALUE: usize = 400;

// --- Messages ---------------------------------------------------------------------------------------------------

/// Octets in a header section. Ours: Exchange's receive connectors stop at 256 KiB too, Exim's `header_maxsize` at
/// 1 MiB, and real mail rarely passes 64 KiB.
pub const MAX_HEADER_SIZE: usize = 256 * 1024;
/// Fields in a header section, lines that are no field included. Ours: mail that crossed dozens of hops and lists has
/// some 200.
pub const MAX_HEADER_FIELDS: usize = 2000;
/// Fields of one name in a header section. Ours: ten times the number of `Received` fields at which RFC 5321 §6.3 lets
/// a server take a message for one that loops; no other field occurs that often.
pub const MAX_FIELDS_OF_A_KIND: usize = 1000;
/// Octets in a `From` field. Ours: a line has at most 998 (RFC 5322 §2.1.1), and this is several.
pub const MAX_FROM_SIZE: usize = 16 * 1024;
/// Domains that are checked where a message's author is not certain. RFC 9989 §11.5 has receivers limit them and leaves
/// the number open; each costs a tree walk. Ours.
pub const MAX_AUTHOR_CANDIDATES: usize = 4;
/// Fields of one name whose content is shown to people. Ours: an honest message has one `From`.
pub const MAX_SHOWN_FIELDS: usize = 16;
/// Octets of a field that are shown to people. Ours: as many as a `From` field may have.
pub const MAX_SHOWN_TEXT: usize = MAX_FROM_SIZE;
/// `Received` fields that are shown, the topmost. RFC 5321 §6.3 lets a server take a message with 100 of them for one that
/// loops.
pub const MAX_SHOWN_HOPS: usize = 100;
/// Octets of a line in the header section that are kept until it is known whether it is a field. Ours: a line has at most
/// 998 (RFC 5322 §2.1.1).
pub const MAX_FIELD_NAME: usize = 1000;
/// Octets of the line that mbox puts before a message, with its end; a longer one is none. What a line of a message may
/// have (RFC 5322 §2.1.1).
pub const MAX_MBOX_LINE: usize = 1000;
/// Octets at a file's beginning by which it is recognized as a message or as something else. Ours: nearly all header sections
/// end there, and so does the text in front of a message that is attached to another.
pub const MAX_FILE_HEAD: usize = 64 * 1024;
/// Octets of white space or quotation marks that may stand in front of each line of a pasted message. Ours.
pub const MAX_INDENT: usize = 64;
/// Digits of the count with which an `.emlx` begins. Ours: a message has fewer octets.
pub const MAX_EMLX_DIGITS: usize = 12;
/// Messages of an mbox of which the place is kept; the others are counted. Ours: nobody chooses from a longer list.
pub const MAX_MBOX_STARTS: usize = 10_000;
/// How deep multiparts may be nested in which a message is looked for that another carries. Ours: real ones are three deep.
pub const MAX_MULTIPART_DEPTH: usize = 8;
/// Octets in a boundary of a multipart. RFC 2046 §5.1.1 has 70; this is thrice that.
pub const MAX_BOUNDARY: usize = 210;
/// Octets of a part's header fields that are looked at. Ours: there are three to six, each of a line or two.
pub const MAX_PART_HEADER: usize = 16 * 1024;

// --- Mailboxes --------------------------------------------------------------------------------------------------

/// Octets in a local part of an SMTP mailbox, without quoting (RFC 6531 counts octets too). Ours: RFC 5321 §4.5.3.1.1 has 64 as
/// the least that must be taken; forwarders (SRS) and lists (VERP) put whole addresses into one, some 150.
pub const MAX_LOCAL_PART: usize = 512;
/// Octets in an SMTP path, with its angle brackets. Ours: RFC 5321 §4.5.3.1.3 has 256 as the least that must be taken; this has
/// room for the longest local part and the longest domain, which is in A-labels when it is counted.
pub const MAX_PATH: usize = 1024;
/// Addresses in one address list. Ours: a `From` field has one or two.
pub const MAX_ADDRESSES: usize = 200;
/// How deep comments may be nested. RFC 5322 §3.2.2 sets no bound, and counting parentheses costs the same however deep
/// they are; this is what fits in the largest `From` field. Ours.
pub const MAX_COMMENT_DEPTH: usize = MAX_FROM_SIZE / 2;

// --- Authentication-Results -------------------------------------------------------------------------------------

/// Octets in one `Authentication-Results` field that is read. Ours.
pub const MAX_RESULTS_SIZE: usize = 64 * 1024;
/// Method results in one `Authentication-Results` field. Ours.
pub const MAX_METHOD_RESULTS: usize = 200;
/// Properties of one method result. Ours: RFC 8601 §2.7 registers at most a handful.
pub const MAX_RESULT_PROPERTIES: usize = 50;
/// Octets in a value that is written to `Authentication-Results`, before quoting. Ours: with every octet quoted it
/// still fits a line of 998 (RFC 5322 §2.1.1), and a mailbox of RFC 5321 fits as a whole.
pub const MAX_RESULT_VALUE: usize = 400;
/// Results of another server's field that a report shows beside ours. Ours: fields of the large providers have five.
pub const MAX_COMPARED_RESULTS: usize = 32;
/// Octets in a keyword of `Authentication-Results`. Ours.
pub const MAX_RESULT_KEYWORD: usize = 64;
/// Names of an address that iprev looks at (RFC 7208 §4.6.4 has the same number for `ptr`; RFC 8601 §3 leaves it open).
pub const MAX_IPREV_NAMES: usize = 10;

// --- Cryptography -----------------------------------------------------------------------------------------------

/// Bits of the smallest RSA key with which a signature may verify (RFC 8301 §3.2).
pub const MIN_RSA_BITS: u32 = 1024;
/// Bits of the largest RSA key with which a signature may verify. RFC 8301 §3.2 requires 4096 and allows more; both
/// cryptographic back ends stop here, where verifying one signature costs some sixteen times what it costs with 2048.
pub const MAX_RSA_BITS: u32 = 8192;
/// Bits of the smallest RSA key that signs. RFC 8301 §3.2 says SHOULD 2048; AWS-LC signs with nothing smaller.
pub const MIN_SIGNING_RSA_BITS: u32 = 2048;
/// Bits of the largest RSA key with which a signature that does not verify is looked into. Ours: RFC 8301 §3.2 requires
/// no larger one, and the arithmetic for it is slower than the back ends'.
pub const MAX_RECOVERY_BITS: u32 = 4096;
/// Octets of a public key in DER that are looked at. Ours: an RSA key of 16,384 bits takes 2,100.
pub const MAX_PUBLIC_KEY_LENGTH: usize = 4096;
/// Octets of a private key's PEM text that are looked at. Ours: an RSA key of 8,192 bits takes 6,400.
pub const MAX_PEM_LENGTH: usize = 65_536;

// --- DKIM (RFC 6376) --------------------------------------------------------------------------------------------

/// Signatures of one message that are examined unless the host says otherwise (RFC 6376 §6.1 lets the verifier set
/// a limit). Ours: mailing lists and forwarders leave two to four.
pub const MAX_SIGNATURES: usize = 10;
/// Signatures of one message of which it is said whether a change breaks them; each takes a hash of the header section. Ours:
/// five times as many as are verified.
pub const MAX_SIGNATURES_COMPARED: usize = 50;
/// Public-key operations that the signatures of one message may cost, unless the host says otherwise. Ours: twice
/// [`MAX_SIGNATURES`], for a change of key type in which each has two key records.
pub const MAX_VERIFICATIONS: usize = 20;
/// Names in `h=`; a signature with more is a permanent error. Ours: signers that list each field twice, so that none
/// can be added, come to some 60.
pub const MAX_SIGNED_FIELDS: usize = 1000;
/// Octets in `i=`, decoded. Ours: four times the path that every server takes (RFC 5321 §4.5.3.1.3).
pub const MAX_IDENTITY: usize = 1024;
/// Octets of a key record. Ours: an RSA key of 16,384 bits takes some 2,800.
pub const MAX_KEY_RECORD: usize = 16 * 1024;
/// Key records of one kind tried under one name; RFC 6376 §3.6.2.2 leaves several undefined. Ours: during a change of key
/// there are two.
pub const MAX_KEY_RECORDS: usize = 4;
/// TXT records under one name that are read as key records, those that resemble one first. Ours: more is an attack, and
/// reading a key takes some microseconds.
pub const MAX_KEY_RECORDS_READ: usize = 64;
/// Characters of a text of the message's, or of a record's, that a reason quotes. Ours, for the reader's sake.
pub const MAX_SHOWN: usize = 60;
/// Digits of `t=` and `x=` that are read; a longer value counts as infinite (RFC 6376 §3.5).
pub const MAX_TIMESTAMP_DIGITS: usize = 12;
/// Digits of `l=` (RFC 6376 §3.5).
pub const MAX_LENGTH_DIGITS: usize = 76;
/// Octets of body that are kept to find out why a body hash failed; up to twice as many are held. Ours: the footers
/// of mailing lists take some hundred octets.
pub const DIAGNOSIS_WINDOW: usize = 8192;
/// Line ends within the kept octets at which the signed body is tried to have ended. Ours: a footer of more lines is
/// rare, and each try costs one SHA-256 block.
pub const MAX_FOOTER_LINES: usize = 128;
/// Parts of a multipart, the last ones, of which each is tried to have been added. Ours: lists add one, at the end.
pub const MAX_DIAGNOSIS_PARTS: usize = 16;
/// Octets that may be hashed in all to find out why the signatures of one message failed. Ours: a changed body of the
/// largest kept size and a header section of 5 KiB take a third of it, and to hash as many takes a millisecond or two.
pub const MAX_DIAGNOSIS_OCTETS: usize = 1 << 20;
/// RSA signatures of one message that are looked into when they fail. Ours: real mail has one or two that fail.
pub const MAX_DIAGNOSIS_RECOVERIES: usize = 4;
/// Public-key operations that may be spent in all to find out why Ed25519 signatures of a message failed: each trial takes
/// one. Ours: well below what verifying them may cost.
pub const MAX_DIAGNOSIS_VERIFICATIONS: usize = 8;
/// Trials to undo a change of the header fields that one signature covers. Ours: some 30 fields are signed.
pub const MAX_DIAGNOSIS_TRIALS: usize = 100;
/// Fields that `z=` may copy; those behind them are not looked at. Ours: signers copy what they sign, some 30.
pub const MAX_COPIED_FIELDS: usize = 100;
/// Fields that a reason names. Ours, for the reader's sake.
pub const MAX_FIELDS_NAMED: usize = 6;
/// Things that are found in the fields of a message to be signed. Ours, for the reader's sake.
pub const MAX_FINDINGS: usize = 50;
/// Columns within which a generated field is folded where it can be (RFC 5322 §2.1.1).
pub const FOLD_WIDTH: usize = 78;

// --- SMTP: lines (RFC 5321) -------------------------------------------------------------------------------------

/// Octets in a command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512, to which the extensions of MAIL and RCPT add
/// some 1,300 (RFC 1870, 2852, 3461, 4865, 4954, 6152, 6531, 6710, 8689). Ours.
pub const MAX_COMMAND_LINE: usize = 2048;
/// Octets in a line of an AUTH exchange with its CRLF (RFC 4954 §4).
pub const MAX_AUTH_LINE: usize = 12_288;
/// Octets in a line of mail with its CRLF that every receiver takes, a dot that was added not counted
/// (RFC 5321 §4.5.3.1.6).
pub const MAX_TEXT_LINE: usize = 1000;
/// Octets in the longest line of mail, its CRLF not counted, that is passed on as it is unless the host says otherwise. Ours:
/// RFC 5321 §4.5.3.1 asks for no limit where there needs to be none; HTML and unwrapped base64 come in lines of megabytes.
pub const MAX_LINE_PASSED: usize = 16 << 20;
/// Octets in the argument of EHLO, HELO and LHLO (RFC 5321 §4.5.3.1.2).
pub const MAX_CLIENT_NAME: usize = 255;
/// Characters in an `ENVID=`, as written (RFC 3461 §4.4).
pub const MAX_ENVELOPE_ID: usize = 100;
/// Characters in an `ORCPT=`, as written (RFC 3461 §4.2).
pub const MAX_ORIGINAL_RECIPIENT: usize = 500;
/// Characters in the name of a SASL mechanism (RFC 4422 §3.1).
pub const MAX_MECHANISM_NAME: usize = 20;
/// Parameters of one MAIL or RCPT, and attributes of one XCLIENT. Ours: we know eleven.
pub const MAX_PARAMETERS: usize = 24;
/// Octets of an unknown parameter's name that a reply repeats. Ours.
pub const MAX_NAME_REPEATED: usize = 32;

// --- SASL (RFC 4422, RFC 4954) ----------------------------------------------------------------------------------

/// Octets in a line of an AUTH exchange, with its CRLF (RFC 4954 §4: both sides handle as many).
pub const MAX_SASL_LINE: usize = 12_288;
/// Octets in a user name, authentication or authorization identity (RFC 4616 §2: as many MUST be accepted).
pub const MAX_SASL_NAME: usize = 255;
/// Octets in a password. Ours: RFC 4616 §2 asks for 255.
pub const MAX_SASL_PASSWORD: usize = 1024;
/// Characters in a nonce of SCRAM, the peer's and ours together. Ours: what libraries send has 18 to 64.
pub const MAX_SCRAM_NONCE: usize = 512;
/// Octets in a salt of SCRAM. Ours: verifiers have 12 to 32.
pub const MAX_SCRAM_SALT: usize = 256;
/// The fewest iterations of a verifier (RFC 5802 §5.1, RFC 7677 §4).
pub const MIN_SCRAM_ITERATIONS: u32 = 4096;
/// The most iterations of a verifier that are computed, whoever asks for them: about a second. Ours: three times what
/// OWASP recommends for PBKDF2 with SHA-256 (600,000).
pub const MAX_SCRAM_ITERATIONS: u32 = 2_000_000;
/// Octets in a command line, with its CRLF, within which an initial response has to fit (RFC 4954 §4, RFC 5321
/// §4.5.3.1.4).
pub const MAX_AUTH_COMMAND: usize = 512;
/// Octets kept of each text in a server's words of why it refused (RFC 7628 §3.2.2, RFC 5802 §7). Ours.
pub const MAX_SASL_ERROR_TEXT: usize = 512;

// --- SMTP: replies and capabilities -----------------------------------------------------------------------------

/// Octets in one line of a reply, with its line ending. RFC 5321 §4.5.3.1.5 has 512, which large providers exceed when
/// they explain; ours is eight times that.
pub const MAX_REPLY_LINE: usize = 4096;
/// Lines in one reply. Ours: the longest replies are those to EHLO and HELP, with some 30.
pub const MAX_REPLY_LINES: usize = 128;
/// Octets in one reply, with codes and line endings. Ours: 64 lines of the RFC's length.
pub const MAX_REPLY_SIZE: usize = 32 * 1024;
/// Mechanisms of AUTH that are read from an EHLO reply. Ours: servers with many offer some ten.
pub const MAX_OFFERED_MECHANISMS: usize = 32;
/// Attributes of XCLIENT that are read from an EHLO reply. Ours: Postfix has eight.
pub const MAX_OFFERED_ATTRIBUTES: usize = 16;
/// Octets in the name of an XCLIENT attribute or an MT-PRIORITY profile that is read from an EHLO reply. Ours: the
/// longest in use has nine.
pub const MAX_OFFERED_NAME: usize = 32;
/// Lines of an EHLO reply that we do not know and keep. Ours: servers offer a handful of private extensions.
pub const MAX_OTHER_CAPABILITIES: usize = 32;
/// Octets of a line of an EHLO reply that we do not know and keep; longer ones are not kept. RFC 5321 §4.5.3.1.5.
pub const MAX_OTHER_CAPABILITY: usize = 512;

// --- SMTP: server (RFC 5321) ------------------------------------------------------------------------------------

/// Octets of a message, unless the host says otherwise. Ours: the large receivers take 25 to 150 MB. RFC 5321 §4.5.3.1.7
/// asks for 64 KiB at least.
pub const MAX_SMTP_MESSAGE: u64 = 50 << 20;
/// Recipients of a message, unless the host says otherwise. RFC 5321 §4.5.3.1.8 asks for 100 at least; Postfix has 1,000.
pub const MAX_SMTP_RECIPIENTS: usize = 1000;
/// `Received` fields of a message that is not yet taken to be looping: RFC 5321 §6.3 asks for 100 at least.
pub const MAX_RECEIVED_FIELDS: usize = 100;
/// Messages begun in a session, unless the host says otherwise. Ours.
pub const MAX_SMTP_TRANSACTIONS: u32 = 10_000;
/// Commands in a session that are unknown, malformed or out of order, unless the host says otherwise. Postfix has 20 for all errors.
pub const MAX_SMTP_BAD_COMMANDS: u32 = 20;
/// Refusals of any kind in a session, unless the host says otherwise. Ours: an old list of recipients has many that are gone.
pub const MAX_SMTP_ERRORS: u32 = 200;
/// Commands since the last message that move nothing, unless the host says otherwise. Postfix has 100.
pub const MAX_SMTP_IDLE_COMMANDS: u32 = 100;
/// Failures of authentication in a session, unless the host says otherwise. Ours.
pub const MAX_SMTP_AUTH_FAILURES: u32 = 5;
/// Milliseconds for which the reply to a failure of authentication is held back at most. Ours.
pub const MAX_SMTP_AUTH_DELAY: u64 = 30_000;
/// Octets that a session keeps while the host decides. Ours: more than a TLS record, which comes as a whole, can have.
pub const MAX_SMTP_QUEUED: usize = 64 * 1024;
/// Octets of replies that have not been polled, above which a session reads no more. Ours.
pub const MAX_SMTP_UNSENT: usize = 64 * 1024;
/// Octets of text in a line of a reply: 512 (RFC 5321 §4.5.3.1.5) less code, enhanced status code and CRLF.
pub const MAX_REPLY_TEXT: usize = 512 - 4 - 10 - 2;
/// Lines of a reply that the host makes. Ours.
pub const MAX_REPLY_LINES_SENT: usize = 50;

/// Octets of a message that make a client one that is heard, where the host is short of places: fewer, within the time for which
/// it is waited for, are silence. Ours: the slowest links of today carry them in a second, and who drips octets to keep a place
/// has to send a thousand times more.
pub const MIN_CONTENT_HEARD: usize = 4096;

// --- SMTP: proxies ----------------------------------------------------------------------------------------------

/// Octets of a PROXY header, version 1, with its CRLF (proxy-protocol.txt §2.1).
pub const MAX_PROXY_LINE: usize = 107;
/// Octets of a PROXY header, version 2, whose length field could say 65,551. Ours: room for two paths of sockets and a
/// client's certificate.
pub const MAX_PROXY_HEADER: usize = 8192;
/// Octets of the connection's name in a PROXY header (proxy-protocol.txt §2.2.5).
pub const MAX_PROXY_UNIQUE_ID: usize = 128;
/// Octets of a text about TLS in a PROXY header: the host name asked for, the cipher. Ours: a host name has at most 253.
pub const MAX_PROXY_TEXT: usize = 255;
/// Octets of a value of XCLIENT, decoded (Postfix, XCLIENT_README, has 255 for host names).
pub const MAX_XCLIENT_VALUE: usize = 255;

// --- TLS (RFC 8446) ---------------------------------------------------------------------------------------------

/// Octets of the wire that the TLS layer holds before it takes no more; one call's worth may come on top. Ours: a host
/// reads 4 to 64 KiB at a time.
pub const MAX_TLS_PENDING: usize = 64 * 1024;
/// Octets of one TLS record, with its header: 2^14 of content, and at most 2,048 that TLS 1.2 allows a cipher to add
/// (RFC 5246 §6.2.3; RFC 8446 §5.2 allows 256).
pub const MAX_TLS_RECORD: usize = 5 + 16_384 + 2048;
/// Milliseconds that a TLS handshake may take. Ours: RFC 5321 §4.5.3.2 gives a command 5 minutes, in which a person could
/// have typed; nobody types a handshake.
pub const TLS_HANDSHAKE_TIMEOUT: u64 = 60_000;
/// TLSA records of one answer that are looked at. Ours: during a change of keys there are four.
pub const MAX_TLSA_RECORDS: usize = 32;
/// Octets of a certificate or key in a TLSA record. Ours: a certificate takes 1 to 3 KiB.
pub const MAX_TLSA_DATA: usize = 8192;
/// Names of a certificate that are told. Ours: certificates of content networks have a hundred.
pub const MAX_CERTIFICATE_NAMES: usize = 100;
/// Certificates after the first in a server's chain that are tried as trust anchors. Ours: a chain has one to three.
pub const MAX_CHAIN: usize = 8;

// --- SMTP: the client -------------------------------------------------------------------------------------------

/// Octets in one chunk of BDAT, unless the host says otherwise. Ours: a chunk costs a command and a reply, some 100 octets.
pub const CHUNK_SIZE: usize = 128 * 1024;
/// Chunks of BDAT that are sent ahead of their replies where PIPELINING is offered. Ours.
pub const MAX_CHUNKS_AHEAD: usize = 4;
/// Commands that are sent ahead of their replies where PIPELINING is offered. Ours: a server that can't write its replies
/// because we don't read them stops reading, and RFC 2920 §3.1 warns of the deadlock. So many replies, with text of
/// usual length, fit any socket buffer.
pub const MAX_COMMANDS_AHEAD: usize = 100;
/// Octets of commands that are sent ahead of their replies. Ours, for the same reason.
pub const MAX_OCTETS_AHEAD: u64 = 16 * 1024;
/// Octets of a reply's text that an outcome keeps for each recipient, so that a server with much to say of thousands of
/// recipients does not fill the memory. Ours: the longest of the large providers take some 600.
pub const MAX_REPLY_KEPT: usize = 2048;
/// Octets of encoded content that wait to be polled before the client wants no more. Ours.
pub const MAX_UNPOLLED_CONTENT: usize = 64 * 1024;

// --- SMTP: refusals ---------------------------------------------------------------------------------------------

/// Octets of a refusal's text that are looked at. Ours: the longest explanations of large providers have some 600.
pub const MAX_REFUSAL_TEXT: usize = 4096;

/// Octets of a pasted text in which a refusal is looked for. Ours: a bounce with its explanations has some thousands.
pub const MAX_PASTED_REPLY: usize = 64 * 1024;

// --- Routes: the policy -----------------------------------------------------------------------------------------

/// Octets of a file of a policy. Ours: 10,000 users with their verifiers take 3 MB.
pub const MAX_POLICY_SIZE: usize = 16 << 20;
/// Files that a policy includes. Ours.
pub const MAX_POLICY_INCLUDES: usize = 64;
/// How deep tables and lists may be nested in a policy. Ours: the deepest of the format is 5, and the reader of TOML has 80.
pub const MAX_POLICY_DEPTH: usize = 32;
/// Entries of a kind in a policy: relays, routes, rules. Ours.
pub const MAX_POLICY_ENTRIES: usize = 10_000;
/// Hosts of a route. Ours.
pub const MAX_ROUTE_HOSTS: usize = 100;
/// Users of one file. Ours.
pub const MAX_USERS: usize = 100_000;
/// Patterns of header fields in a rule. Ours: each is held against every field of its name.
pub const MAX_RULE_HEADER: usize = 100;
/// Seconds that a provider's signature may be old when it proves the tenant, unless the policy says otherwise. Ours: providers pass
/// mail on within minutes, and a replay of one's own content should not be possible for days.
pub const DEFAULT_TENANT_AGE: u64 = 3600;
/// Octets of the key with which senders are rewritten, at least. Ours.
pub const MIN_SRS_KEY: usize = 16;

// --- MTA-STS (RFC 8461) -----------------------------------------------------------------------------------------

/// Octets of a TXT record of MTA-STS that are read. Ours: `v`, `id` and a few extensions take some 60.
pub const MAX_STS_RECORD: usize = 1024;
/// Characters of an `id` (RFC 8461 §3.1).
pub const MAX_STS_ID: usize = 32;
/// Octets of a policy file (RFC 8461 §3.3 suggests 64 KB).
pub const MAX_STS_POLICY: usize = 64 * 1024;
/// Digits of `max_age` (RFC 8461 §3.2).
pub const MAX_STS_AGE_DIGITS: usize = 10;
/// Seconds that a policy may be kept: a year (RFC 8461 §3.2). What says more is kept for so long.
pub const MAX_STS_AGE: u64 = 31_557_600;
/// Seconds after which a policy in use is fetched anew at the latest (RFC 8461 §3.3 suggests once a day).
pub const STS_REFRESH: u64 = 86_400;
/// Seconds by which a provider's clock may be ahead of ours when its signature proves the tenant. Ours: five minutes, as Kerberos has.
pub const TENANT_CLOCK_SKEW: u64 = 300;
/// Days for which bounces to a rewritten sender find back (the value of libsrs2).
pub const SRS_DAYS: u64 = 21;

// --- Next hops (RFC 5321 §5.1) ----------------------------------------------------------------------------------

/// MX hosts of a domain that are looked at, best first. Ours: the largest providers have some ten.
pub const MAX_MX_HOSTS: usize = 32;
/// Addresses of a host that are tried. Ours: the largest providers' hosts have some eight.
pub const MAX_HOST_ADDRESSES: usize = 16;

// --- The gateway's changes of content ---------------------------------------------------------------------------

/// Octets that a header section may have more when it goes on than it had when it came. Ours: a few signatures, trace fields and
/// what rules add take some 10 KiB.
pub const MAX_HEADER_ADDED: usize = 64 * 1024;
/// Fields that a header section may have more when it goes on, of one name as in all. Ours.
pub const MAX_FIELDS_ADDED: usize = 500;
/// Octets in the name of a field that a rule adds. Ours: it has to fit a line with a word of its value.
pub const MAX_ADDED_NAME: usize = 100;
/// Characters in the value of a field that a rule adds. Ours: it is written for people or programs of the organisation.
pub const MAX_ADDED_VALUE: usize = 4096;
/// Octets in one word of such a value: with its name it has to fit a line (RFC 5322 §2.1.1), and a word cannot be folded.
pub const MAX_ADDED_WORD: usize = 800;
/// Characters in what a rule puts before a subject. Ours: a tag has some ten.
pub const MAX_SUBJECT_PREFIX: usize = 100;
/// Octets of a body that a footer is put below. Ours: twice what large receivers take.
pub const MAX_FOOTED: usize = 128 << 20;
/// Octets in each of a footer's texts. Ours: the longest disclaimers have some 3,000.
pub const MAX_FOOTER: usize = 16 * 1024;
/// Parts of one message whose header sections are read to find the text. Ours: what is behind the text is not looked at.
pub const MAX_MIME_PARTS: usize = 1000;
/// Octets of a field that says what a part is. Ours: names of files with RFC 2231's encoding come to some hundred.
pub const MAX_MIME_FIELD: usize = 4096;
/// Characters in the boundary of a multipart (RFC 2046 §5.1.1).
pub const MAX_MIME_BOUNDARY: usize = 70;

// --- The gateway: the way out -----------------------------------------------------------------------------------

/// Milliseconds for which a connection is kept for the next message at most. Ours: servers wait for 5 minutes (RFC 5321
/// §4.5.3.2.7), and busy ones for less.
pub const KEPT_IDLE: u64 = 60_000;
/// Connections that are kept for the next message, at all destinations together. Ours.
pub const MAX_KEPT_CONNECTIONS: usize = 1000;
/// Destinations of which it is remembered that TLS failed there. Ours.
pub const MAX_TLS_FAILURES: usize = 10_000;
/// Milliseconds for which a hop waits for our next command, before it is left by QUIT. Ours: a minute less than the 5 minutes that
/// servers have to wait (RFC 5321 §4.5.3.2.7).
pub const HOP_PATIENCE: u64 = 240_000;
/// How often a hop that has ended the connection while it waited for us is connected to anew, for one message. Ours.
pub const MAX_REOPENED: u32 = 3;
/// Milliseconds for which the reply to RSET is waited for, so that the connection can be kept. Ours: nothing depends on it.
pub const PARTING_PATIENCE: u64 = 5_000;
/// Octets for hops that wait to be polled before a message's content is wanted no more. Ours.
pub const MAX_UNPOLLED_SENT: usize = 64 * 1024;

// --- The gateway ------------------------------------------------------------------------------------------------

/// `Received` fields from which on a message is in a loop. Ours, as Postfix has it; RFC 5321 §6.3 asks for 100 where nothing else
/// tells, and a gateway is one hop of a few.
pub const GATEWAY_RECEIVED_FIELDS: usize = 50;
/// How often our own name may stand in the `Received` fields of a message that is in no loop: once is a message that another host of
/// ours has sent around, twice is a loop. Ours.
pub const GATEWAY_OWN_RECEIVED: usize = 1;
/// Milliseconds by which the server waits longer for a decision than the deadlines of the policy. Ours: they come first.
pub const GATEWAY_GRACE: u64 = 30_000;
/// Questions of one transaction: those of its decision, of its verification and of its keys. Ours: [`MAX_QUESTIONS`] each.
pub const GATEWAY_QUESTIONS: usize = 3 * MAX_QUESTIONS;
/// Recipients of one transaction that are remembered, refused ones included. Ours: twice [`MAX_SMTP_RECIPIENTS`]; those that are told
/// to come in another transaction count as no errors, and so have no bound of their own.
pub const GATEWAY_NAMED: usize = 2 * MAX_SMTP_RECIPIENTS;
/// Octets of a held message that are asked for at a time. Ours: as much as a client is handed at once.
pub const GATEWAY_READ: usize = 64 * 1024;
/// Octets by which a message may have grown when it goes on, beside what the client has declared. Ours: `Received`, results and what
/// rules add take some hundred.
pub const GATEWAY_GROWTH: u64 = 4096;
/// Octets of a message on its way that wait for the next hop, above which nothing is read of the client. Ours.
pub const GATEWAY_UNSENT: usize = 64 * 1024;
