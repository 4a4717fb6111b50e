//! The work as libspf2 does it, through `c/spf2.c`.

use std::ffi::{CString, c_char, c_int, c_void};

use passerelle_benches::table::Peer;
use passerelle_benches::zone::{Client, Zone};

unsafe extern "C" {
    fn bench_spf2_new() -> *mut c_void;
    fn bench_spf2_add_txt(server: *mut c_void, name: *const c_char, text: *const c_char) -> bool;
    fn bench_spf2_check(server: *mut c_void, ip: *const c_char, helo: *const c_char, mail_from: *const c_char)
    -> c_int;
}

/// The library with its zone, kept until the process ends.
pub(crate) struct Spf2 {
    server: *mut c_void,
}

impl Spf2 {
    /// With the records of `zone` in memory.
    pub(crate) fn new(zone: &Zone) -> Self {
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
}

impl Peer for Spf2 {
    fn name(&self) -> &'static str {
        "libspf2"
    }

    fn spf(&self, client: &Client) -> Option<String> {
        let (ip, helo, mail_from) = (string(&client.ip.to_string()), string(client.helo), string(client.mail_from));
        // SAFETY: the server is initialized; NUL-terminated strings, which are copied.
        let result = unsafe { bench_spf2_check(self.server, ip.as_ptr(), helo.as_ptr(), mail_from.as_ptr()) };
        // As the library numbers them.
        Some(["invalid", "neutral", "pass", "fail", "softfail"].get(result as usize).copied().unwrap_or("?").to_owned())
    }
}

fn string(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}
