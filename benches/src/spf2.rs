//! The work as libspf2 does it, through `c/spf2.c`.

use std::ffi::{CString, c_char, c_int, c_void};

use crate::zone::{Client, Zone};

unsafe extern "C" {
    fn bench_spf2_new() -> *mut c_void;
    fn bench_spf2_add_txt(server: *mut c_void, name: *const c_char, text: *const c_char) -> bool;
    fn bench_spf2_check(server: *mut c_void, ip: *const c_char, helo: *const c_char, mail_from: *const c_char)
    -> c_int;
}

/// What libspf2 calls pass and softfail.
pub const PASS: i32 = 2;
/// The same.
pub const SOFTFAIL: i32 = 4;

/// The library with its zone, kept until the process ends.
pub struct Spf2 {
    server: *mut c_void,
}

impl Spf2 {
    /// With the records of `zone` in memory.
    pub fn new(zone: &Zone) -> Self {
        // SAFETY: takes nothing.
        let server = unsafe { bench_spf2_new() };
        assert!(!server.is_null(), "libspf2 does not start");
        for (name, text) in &zone.texts {
            let (name, text) = (string(name), string(text));
            // SAFETY: NUL-terminated strings, which are copied.
            let added = unsafe { bench_spf2_add_txt(server, name.as_ptr(), text.as_ptr()) };
            assert!(added, "libspf2 does not take a record");
        }
        Self { server }
    }

    /// An SPF evaluation.
    pub fn check(&self, client: &Client) -> i32 {
        let (ip, helo, mail_from) = (string(&client.ip.to_string()), string(client.helo), string(client.mail_from));
        // SAFETY: the server is initialized; NUL-terminated strings, which are copied.
        unsafe { bench_spf2_check(self.server, ip.as_ptr(), helo.as_ptr(), mail_from.as_ptr()) }
    }
}

fn string(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}
