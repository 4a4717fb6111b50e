//! `passerelle_settings`.

use std::ffi::c_char;

use engine::limits::{MAX_RSA_BITS, MIN_RSA_BITS};
use engine::verify;

use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, text};
use crate::status::{Failure, Status};

/// How messages are judged. One object serves any number of verifications.
#[derive(Default)]
pub struct Settings(Handle<verify::Settings>);

opaque!(Settings, verify::Settings, "settings");

/// Makes settings with their defaults: the authserv-id "localhost", and no DKIM signature that covers only a part of
/// the body passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_new(out: *mut *mut Settings) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, || Ok(Settings::default())) }
}

/// Frees settings; verifications that were made with them are not affected. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_free(settings: *mut Settings) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(settings) }
}

/// Sets the name under which Authentication-Results are written (RFC 8601 section 2.5): not empty, and usually the
/// name of the host or of the domain.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_authserv_id(
    settings: *mut Settings,
    id: *const c_char,
    id_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            let id = text(id, id_len, "the authserv-id")?;
            if id.is_empty() {
                return Err(Failure::argument("the authserv-id is empty"));
            }
            settings.authserv_id = id.to_owned();
            Ok(())
        })
    }
}

/// Sets whether a DKIM signature with a body length (l=, RFC 6376 section 8.2) may pass: what follows the signed part
/// of the body may be by anyone. Off by default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_accept_body_length(settings: *mut Settings, accept: bool) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.dkim.accept_body_length = accept;
            Ok(())
        })
    }
}

/// Sets how many bits an RSA key of DKIM may have, at least 1024 (RFC 8301 section 3.2) and at most 8192, which are also
/// the defaults. A signature with another key does not pass.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_rsa_bits(settings: *mut Settings, min: u32, max: u32) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            if min < MIN_RSA_BITS || max > MAX_RSA_BITS || min > max {
                return Err(Failure::argument(format!(
                    "RSA keys may have between {MIN_RSA_BITS} and {MAX_RSA_BITS} bits, not between {min} and {max}"
                )));
            }
            (settings.dkim.min_rsa_bits, settings.dkim.max_rsa_bits) = (min, max);
            Ok(())
        })
    }
}

/// By which standard DMARC is evaluated.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmarcMode {
    /// RFC 9989, with the walk up the DNS tree.
    Rfc9989 = 0,
    /// RFC 7489, which is obsolete, with the public suffix list.
    Rfc7489 = 1,
    /// Both, over the same answers: in the report, dmarc is the verdict by RFC 9989, dmarc_rfc7489 the other one, and
    /// dmarc_difference tells where they differ and why.
    Both = 2,
}

/// Sets the standard of DMARC: one of passerelle_dmarc_mode, PASSERELLE_DMARC_MODE_RFC9989 by default. A library that was
/// built without the public suffix list refuses the others with PASSERELLE_STATUS_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_dmarc(settings: *mut Settings, mode: u32) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.dmarc = dmarc_mode(mode)?;
            Ok(())
        })
    }
}

fn dmarc_mode(mode: u32) -> Result<verify::DmarcMode, Failure> {
    match mode {
        mode if mode == DmarcMode::Rfc9989 as u32 => Ok(verify::DmarcMode::Rfc9989),
        #[cfg(feature = "psl")]
        mode if mode == DmarcMode::Rfc7489 as u32 => Ok(verify::DmarcMode::Rfc7489),
        #[cfg(feature = "psl")]
        mode if mode == DmarcMode::Both as u32 => Ok(verify::DmarcMode::Both),
        mode if mode <= DmarcMode::Both as u32 => {
            Err(Failure::argument("this library was built without the public suffix list, which RFC 7489 needs"))
        }
        mode => Err(Failure::argument(format!("{mode} is no passerelle_dmarc_mode"))),
    }
}

/// Sets by how many seconds the signer's clock may be ahead: a signature may be dated so far in the future (RFC 6376
/// section 3.5, t=). 300 by default. An expiration gets no such leeway.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_clock_skew(settings: *mut Settings, seconds: u64) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.dkim.clock_skew = seconds;
            Ok(())
        })
    }
}

/// Sets whether SPF of HELO is checked besides that of MAIL FROM (RFC 7208 section 2.3). On by default. With a null
/// reverse-path HELO is checked in any case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_check_helo(settings: *mut Settings, check: bool) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.check_helo = check;
            Ok(())
        })
    }
}

/// Sets whether the client's address is looked up and confirmed (iprev, RFC 8601 section 3). On by default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_check_iprev(settings: *mut Settings, check: bool) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.check_iprev = check;
            Ok(())
        })
    }
}

/// The error of the last call that could change the settings; empty when it succeeded. The text is valid until the
/// next such call or until the settings are freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_error(
    settings: *const Settings,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { error(settings, text, text_len) }
}
