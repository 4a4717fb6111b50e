//! The C interface of Passerelle: `libpasserelle.{so,a}` and `passerelle.h`.
//!
//! The doc comments of everything exported are written for C readers: cbindgen copies them into the header. What holds
//! for every function (ownership, errors, threads) is said once, at the top of the header, in `cbindgen.toml`.
//!
//! How it is built up:
//!
//! - [`status`] is what functions return;
//! - [`handle`] is what stands behind an opaque pointer: a value, its last error, and whether a panic poisoned it;
//! - [`memory`] is where pointers from C become references and slices, and the other way round;
//! - the rest is one file for each opaque type: thin, without any rule of mail in it.
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]
// What a caller has to keep to is the same for all functions, and the header says it to those who need it: C programmers.
#![allow(clippy::missing_safety_doc)]

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must not cross into C: libpasserelle catches them, and for that they have to unwind");

mod handle;
mod memory;

// The header has things in the order of these modules, which is the one in which a reader meets them.
pub mod status;

pub mod settings;

pub mod envelope;

pub mod verification;

pub mod output;

pub mod question;

pub mod answer;

pub mod transcript;

pub mod face;

pub mod file;

use std::ffi::c_char;

/// The version of the library, such as "0.1.0": a constant text that ends with a NUL.
#[unsafe(no_mangle)]
pub extern "C" fn passerelle_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
