//! Every bound of the engine, each with its source.
//!
//! A bound marked *ours* has no number in an RFC: it is set where real mail stays well below and hostile mail is
//! stopped early.

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
/// CNAME records followed in a transcript. The design; resolvers use 8 to 16.
pub const MAX_CNAME_CHAIN: usize = 8;

// --- Trail ------------------------------------------------------------------------------------------------------

/// Steps kept in a trail. Ours.
pub const MAX_TRAIL_STEPS: usize = 500;

// --- Tag lists --------------------------------------------------------------------------------------------------

/// Tags in one list. Ours: DKIM-Signature has 13 registered tags, DMARC 12.
pub const MAX_TAGS: usize = 64;

// --- Cryptography -----------------------------------------------------------------------------------------------

/// Bits of the smallest RSA key with which a signature may verify (RFC 8301 §3.2).
pub const MIN_RSA_BITS: u32 = 1024;
/// Bits of the largest RSA key with which a signature may verify. RFC 8301 §3.2 requires 4096 and allows more; both
/// cryptographic back ends stop here, where verifying one signature costs some sixteen times what it costs with 2048.
pub const MAX_RSA_BITS: u32 = 8192;
/// Bits of the smallest RSA key that signs. RFC 8301 §3.2 says SHOULD 2048; AWS-LC signs with nothing smaller.
pub const MIN_SIGNING_RSA_BITS: u32 = 2048;
/// Octets of a public key in DER that are looked at. Ours: an RSA key of 16,384 bits takes 2,100.
pub const MAX_PUBLIC_KEY_LENGTH: usize = 4096;
/// Octets of a private key's PEM text that are looked at. Ours: an RSA key of 8,192 bits takes 6,400.
pub const MAX_PEM_LENGTH: usize = 65_536;

// --- DKIM (RFC 6376) --------------------------------------------------------------------------------------------

/// Signatures of one message that are examined unless the host says otherwise (RFC 6376 §6.1 lets the verifier set
/// a limit). Ours: mailing lists and forwarders leave two to four.
pub const MAX_SIGNATURES: usize = 10;
/// Key records tried under one name; RFC 6376 §3.6.2.2 leaves several undefined. Ours: during a change of key type
/// there are two.
pub const MAX_KEY_RECORDS: usize = 4;
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
/// Columns within which a generated field is folded where it can be (RFC 5322 §2.1.1).
pub const FOLD_WIDTH: usize = 78;
