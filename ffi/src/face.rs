//! `passerelle_face`.

use std::ffi::c_char;

use engine::message::{Face as Shown, Header};

use crate::handle::{Handle, guard, opaque};
use crate::memory::{create, free, octets, output_text, value};
use crate::status::Status;

/// What a message shows of itself: the authors with their names, subject, date, list and the hosts that it came by. Nothing
/// of it is proven.
pub struct Face(Handle<String>);

opaque!(Face, String, "the face");

/// Reads what a message shows. Its header section is enough; lines end with CRLF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_face_new(message: *const u8, message_len: usize, out: *mut *mut Face) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        create(out, || {
            let (header, _) = Header::split(octets(message, message_len, "the message")?);
            Ok(Face(Handle::new(Shown::of(&header).to_json())))
        })
    }
}

/// The face as a JSON object on one line, not ended by a NUL; it is valid until the face is freed. Names, subject and list are
/// decoded, and have U+FFFD in the place of what cannot be. They may hold anything that a character can do, such as
/// turn the direction of what follows.
///
/// Its members: from [{text, mailboxes [{name, address, domain, domain_unicode}]}], one for each From field; reply_to, the
/// same; subject; date {text, unix}; list_id {text, id}; received [{field, from, ip, by, with, tls, time, delay}], the oldest
/// first, field being counted from the top; headers_only: there is no body, and no signature can be judged; over_limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_face_json(
    face: *const Face,
    json: *mut *const c_char,
    json_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    guard(|| unsafe { output_text(value(face)?, json, json_len) })
}

/// Frees a face. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_face_free(face: *mut Face) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(face) }
}
