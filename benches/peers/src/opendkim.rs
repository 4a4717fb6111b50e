//! The work as libopendkim does it, through `c/opendkim.c`.

use std::ffi::{CString, c_char, c_void};

use passerelle_benches::mail;
use passerelle_benches::table::Peer;

unsafe extern "C" {
    fn bench_opendkim_new(record: *const c_char) -> *mut c_void;
    fn bench_opendkim_verify(library: *mut c_void, message: *const u8, length: usize) -> bool;
    fn bench_opendkim_sign(library: *mut c_void, pem: *const c_char, message: *const u8, length: usize) -> usize;
}

/// The library, kept until the process ends.
pub(crate) struct OpenDkim {
    library: *mut c_void,
    pem: CString,
}

impl OpenDkim {
    /// With this key record as the answer to every lookup.
    pub(crate) fn new(key_record: &str) -> Self {
        let record = CString::new(key_record).expect("a record has no NUL");
        // SAFETY: a NUL-terminated string, which is copied.
        let library = unsafe { bench_opendkim_new(record.as_ptr()) };
        assert!(!library.is_null(), "libopendkim does not start");
        Self { library, pem: CString::new(mail::KEY).expect("PEM has no NUL") }
    }
}

impl Peer for OpenDkim {
    fn name(&self) -> &'static str {
        "libopendkim"
    }

    fn verify(&self, message: &[u8]) -> Option<bool> {
        // SAFETY: the library is initialized, and the octets are read only.
        Some(unsafe { bench_opendkim_verify(self.library, message.as_ptr(), message.len()) })
    }

    /// The library reads the key's PEM each time.
    fn sign(&self, message: &[u8]) -> Option<bool> {
        // SAFETY: the same; the PEM is NUL-terminated.
        let length = unsafe { bench_opendkim_sign(self.library, self.pem.as_ptr(), message.as_ptr(), message.len()) };
        Some(length > 0)
    }
}
