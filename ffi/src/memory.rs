//! Pointers from C, and to C.
//!
//! Every function here is unsafe for one reason: only the caller's C can make its pointers good. The header tells it
//! what that means: a pointer is NULL, where that is allowed, or it is valid for the length beside it.

use std::ffi::c_char;

use crate::handle::{Opaque, guard};
use crate::status::{Failure, Status};

/// Runs the body of a function that may change what `pointer` points to.
pub(crate) unsafe fn change<H: Opaque>(
    pointer: *mut H,
    body: impl FnOnce(&mut H::Value) -> Result<(), Failure>,
) -> Status {
    // SAFETY: NULL or, as the caller answers for, an object that nobody else uses meanwhile.
    match unsafe { pointer.as_mut() } {
        Some(object) => object.handle_mut().change(body),
        None => Status::NullPointer,
    }
}

/// The value behind `pointer`, for the body of a function that only reads it.
pub(crate) unsafe fn value<'a, H: Opaque<Value: 'a> + 'a>(pointer: *const H) -> Result<&'a H::Value, Failure> {
    // SAFETY: what is asked of our caller is what `object` asks of us.
    unsafe { object(pointer, H::NAME)? }.handle().read()
}

/// The body of every `passerelle_…_error`.
pub(crate) unsafe fn error<H: Opaque>(pointer: *const H, text: *mut *const c_char, len: *mut usize) -> Status {
    // SAFETY: what is asked of our caller is what `object` and `output_text` ask of us.
    guard(|| unsafe { output_text(object(pointer, H::NAME)?.handle().error(), text, len) })
}

/// The octets at `data`. No octets may be NULL.
pub(crate) unsafe fn octets<'a>(data: *const u8, len: usize, what: &str) -> Result<&'a [u8], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Failure::null(what));
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::argument(format!("the length of {what} is larger than any object")));
    }
    // SAFETY: not NULL, not longer than an object can be; the caller answers for the octets being there.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// The text at `data`. No text may be NULL.
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: what is asked of our caller is what `octets` asks of us.
    let octets = unsafe { octets(data.cast(), len, what)? };
    str::from_utf8(octets).map_err(|e| Failure::new(Status::Utf8, format!("{what} is not UTF-8: {e}")))
}

/// The object at `pointer`.
pub(crate) unsafe fn object<'a, T>(pointer: *const T, what: &str) -> Result<&'a T, Failure> {
    // SAFETY: NULL or, as the caller answers for, an object that nobody changes meanwhile.
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::null(what))
}

/// Writes `value` to where an output goes.
pub(crate) unsafe fn output<T>(out: *mut T, value: T) -> Result<(), Failure> {
    present(out)?;
    // SAFETY: not NULL; the caller answers for there being room for a T. Nothing is read or dropped there.
    unsafe { out.write(value) };
    Ok(())
}

/// That there is a place for an output, for functions that have something to lose if there is none.
pub(crate) fn present<T>(out: *mut T) -> Result<(), Failure> {
    if out.is_null() { Err(Failure::null("the output")) } else { Ok(()) }
}

/// Writes a borrowed text to where a pointer and a length go.
pub(crate) unsafe fn output_text(text: &str, data: *mut *const c_char, len: *mut usize) -> Result<(), Failure> {
    present(data)?;
    // SAFETY: as for `output`; `data` is written last, when `len` is known to be present.
    unsafe {
        output(len, text.len())?;
        output(data, text.as_ptr().cast())
    }
}

/// Makes a value and hands it over to C.
pub(crate) unsafe fn create<T>(out: *mut *mut T, make: impl FnOnce() -> Result<T, Failure>) -> Status {
    guard(|| {
        present(out)?;
        let value = Box::new(make()?);
        // SAFETY: the caller answers for `out`. The box is C's from here on, until it comes back to `free`.
        unsafe { output(out, Box::into_raw(value)) }
    })
}

/// Takes back what `create` handed over, and drops it.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    guard(|| {
        if !pointer.is_null() {
            // SAFETY: the caller answers for the pointer being from `create` and not freed yet.
            drop(unsafe { Box::from_raw(pointer) });
        }
        Ok(())
    });
}
