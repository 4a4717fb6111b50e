//! What functions return, and why they failed.

use std::ffi::{CStr, c_char};

use engine::dns_message::MessageError;
use engine::{Misuse, TranscriptError};

/// What a function returns. Everything but PASSERELLE_STATUS_OK means that nothing was done and no output was
/// written; the text of the handle's error says more.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,

    /// A pointer that must not be NULL was NULL.
    NullPointer = 1,
    /// An argument has a value that makes no sense there.
    Argument = 2,
    /// A text is not UTF-8.
    Utf8 = 3,
    /// The data of a DNS record is not what its type asks for. Unlike the others here this can be the doing of
    /// whoever runs the DNS zone: leave the record out, or answer with PASSERELLE_DNS_STATUS_SERVFAIL.
    Record = 4,

    /// A DNS message is malformed, or no response. Over a connection of your own the lookup failed: answer with
    /// PASSERELLE_DNS_STATUS_SERVFAIL. Over a port that anybody can send to, wait on for a better one.
    DnsMessage = 5,
    /// A DNS message was truncated: send the same query again over TCP.
    DnsTruncated = 6,
    /// A DNS message answers another question: as with PASSERELLE_STATUS_DNS_MESSAGE.
    DnsOtherQuestion = 7,

    /// Misuse: an answer to a question that was never asked.
    UnknownQuestion = 20,
    /// Misuse: a second answer to a question. An answer is final.
    AlreadyAnswered = 21,
    /// Misuse: the answer is of another kind than the question.
    WrongKind = 22,
    /// Misuse: input after the end of input.
    AfterEnd = 23,

    /// The transcript is larger than 16 MiB.
    TranscriptTooLarge = 40,
    /// The transcript is not JSON, or not of a transcript's form.
    TranscriptJson = 41,
    /// An entry of the transcript makes no sense.
    TranscriptEntry = 42,

    /// A bug in the library: a panic was caught. The handle is poisoned: every further call returns this, and all
    /// that can be done is to read its error and to free it. Other handles are not affected.
    Panic = 90,
}

/// What a status means, in a sentence: a constant text that ends with a NUL. For a number that is no status the text
/// says so.
#[unsafe(no_mangle)]
pub extern "C" fn passerelle_status_text(status: u32) -> *const c_char {
    text(status).as_ptr()
}

const ALL: [Status; 16] = [
    Status::Ok,
    Status::NullPointer,
    Status::Argument,
    Status::Utf8,
    Status::Record,
    Status::DnsMessage,
    Status::DnsTruncated,
    Status::DnsOtherQuestion,
    Status::UnknownQuestion,
    Status::AlreadyAnswered,
    Status::WrongKind,
    Status::AfterEnd,
    Status::TranscriptTooLarge,
    Status::TranscriptJson,
    Status::TranscriptEntry,
    Status::Panic,
];

fn text(number: u32) -> &'static CStr {
    match ALL.into_iter().find(|status| *status as u32 == number) {
        None => c"not a status of this version of the library",
        Some(Status::Ok) => c"done",
        Some(Status::NullPointer) => c"a pointer that must not be NULL is NULL",
        Some(Status::Argument) => c"an argument has a value that makes no sense there",
        Some(Status::Utf8) => c"a text is not UTF-8",
        Some(Status::Record) => c"the data of a DNS record is not what its type asks for",
        Some(Status::DnsMessage) => c"the DNS message is malformed or no response",
        Some(Status::DnsTruncated) => c"the DNS message is truncated; ask again over TCP",
        Some(Status::DnsOtherQuestion) => c"the DNS message answers another question",
        Some(Status::UnknownQuestion) => c"the question was never asked",
        Some(Status::AlreadyAnswered) => c"the question has been answered already",
        Some(Status::WrongKind) => c"the answer is of another kind than the question",
        Some(Status::AfterEnd) => c"input after the end of input",
        Some(Status::TranscriptTooLarge) => c"the transcript is too large",
        Some(Status::TranscriptJson) => c"the transcript is not JSON of a transcript's form",
        Some(Status::TranscriptEntry) => c"an entry of the transcript makes no sense",
        Some(Status::Panic) => c"a bug in the library: a panic was caught, and the handle is poisoned",
    }
}

/// A status other than OK, and the text for the handle.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(status: Status, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(crate) fn null(what: &str) -> Self {
        Self::new(Status::NullPointer, format!("{what} is NULL"))
    }

    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self::new(Status::Argument, text)
    }
}

impl From<Misuse> for Failure {
    fn from(misuse: Misuse) -> Self {
        let status = match misuse {
            Misuse::UnknownQuestion(_) => Status::UnknownQuestion,
            Misuse::AlreadyAnswered(_) => Status::AlreadyAnswered,
            Misuse::WrongKind(_) => Status::WrongKind,
            Misuse::AfterEnd => Status::AfterEnd,
            // The others are of machines that this face does not have.
            _ => Status::Argument,
        };
        Self::new(status, misuse.to_string())
    }
}

impl From<MessageError> for Failure {
    fn from(error: MessageError) -> Self {
        let status = match error {
            MessageError::Truncated => Status::DnsTruncated,
            MessageError::OtherQuestion => Status::DnsOtherQuestion,
            _ => Status::DnsMessage,
        };
        Self::new(status, error.to_string())
    }
}

impl From<TranscriptError> for Failure {
    fn from(error: TranscriptError) -> Self {
        let status = match error {
            TranscriptError::TooLarge => Status::TranscriptTooLarge,
            TranscriptError::Json(_) => Status::TranscriptJson,
            TranscriptError::Entry { .. } => Status::TranscriptEntry,
        };
        Self::new(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_text_of_its_own() {
        let mut texts: Vec<&CStr> = ALL.iter().map(|status| text(*status as u32)).collect();
        texts.push(text(u32::MAX));
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }
}
