//! `passerelle_transcript`.

use std::ffi::c_char;

use engine::Transcript as Answers;

use crate::answer::Answer;
use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, object, octets, output_text, present, value};
use crate::question::Question;
use crate::status::Status;

/// A set of answers that stands for the DNS and for MTA-STS policy servers: read from JSON to be answered from, or
/// recorded to be written as JSON.
#[derive(Default)]
pub struct Transcript(Handle<Content>);

opaque!(Transcript, Content, "the transcript");

#[derive(Default)]
pub(crate) struct Content {
    answers: Answers,
    json: String,
}

/// Makes an empty transcript, in which no name exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_new(out: *mut *mut Transcript) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, || Ok(Transcript::default())) }
}

/// Frees a transcript. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_free(transcript: *mut Transcript) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(transcript) }
}

/// Reads a transcript from JSON in UTF-8; it takes the place of what was there. The transcript's error names the entry
/// and what is wrong with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_parse(
    transcript: *mut Transcript,
    json: *const u8,
    json_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(transcript, |transcript| {
            transcript.answers = Answers::parse(octets(json, json_len, "the JSON")?)?;
            Ok(())
        })
    }
}

/// Looks up the answer to a question, CNAMEs followed. There is one to every question. The answer is yours to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_answer(
    transcript: *const Transcript,
    question: *const Question,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        create(out, || {
            let question = object(question, "the question")?.read()?;
            Ok(value(transcript)?.answers.answer(&question).into())
        })
    }
}

/// Notes an answer that the world gave. A later one to the same question takes the place of an earlier one; one that
/// is of another kind than the question is not noted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_record(
    transcript: *mut Transcript,
    question: *const Question,
    answer: *const Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(transcript, |transcript| {
            let question = object(question, "the question")?.read()?;
            transcript.answers.record(&question, &value(answer)?.finish());
            Ok(())
        })
    }
}

/// The transcript as JSON, an answer a line, sorted by name and type. The text is valid until the next call of this
/// function or until the transcript is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_to_json(
    transcript: *mut Transcript,
    json: *mut *const c_char,
    json_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(transcript, |transcript| {
            // Not even the text of an earlier call may go when this one fails.
            present(json)?;
            present(json_len)?;
            transcript.json = transcript.answers.to_json();
            output_text(&transcript.json, json, json_len)
        })
    }
}

/// The error of the last call that could change the transcript; empty when it succeeded. The text is valid until the
/// next such call or until the transcript is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_transcript_error(
    transcript: *const Transcript,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { error(transcript, text, text_len) }
}
