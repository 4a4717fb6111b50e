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

/// Adds an authserv-id whose Authentication-Results are believed: a server of your own, or of your provider's, that stands in
/// front and takes away those that others have written in its name (RFC 8601 section 5). What it says is shown beside the
/// results here, in the report's member provider_results, and decides nothing. Nobody is believed by default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_trust_authserv_id(
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
            settings.trusted_authserv_ids.push(id.to_owned());
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

/// Sets whether the report has a trail, the steps that led to it, as it has by default. It takes about a sixth of the time
/// of a small message; without it the report's member is left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_trail(settings: *mut Settings, trail: bool) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            settings.trail = trail;
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

/// What a message may cost and a report may weigh: the bounds that passerelle_settings_set_limit sets. What is past one
/// ends with a result that names it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Octets in a header section; 262144 by default. Past it, as past the next two, DKIM and DMARC give permerror.
    HeaderSize = 1,
    /// Fields in a header section; 2000 by default.
    HeaderFields = 2,
    /// Fields of one name in a header section; 1000 by default.
    FieldsOfAKind = 3,
    /// DKIM signatures of one message that are examined; 10 by default. One verdict, policy, stands for the others.
    Signatures = 4,
    /// Public-key operations that the signatures of one message may cost; 20 by default. Without one left the result
    /// of a signature is policy.
    Verifications = 5,
    /// Questions of one message; 400 by default. What would be asked past it counts as timed out.
    Questions = 6,
    /// Terms of an SPF evaluation that may find nothing (RFC 7208 section 4.6.4); 2 by default. Past it SPF gives
    /// permerror.
    SpfVoidLookups = 7,
    /// Steps in a report's trail; 1600 by default. A step tells of those that are left out.
    TrailSteps = 8,
    /// Octets in a report; 524288 by default. The trail makes room for the rest of the report, which is never cut and
    /// takes at most 131072.
    ReportSize = 9,
}

/// Sets a bound, one of passerelle_limit. A value that is larger than a size can be counts as the largest there is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_settings_set_limit(settings: *mut Settings, limit: u32, value: u64) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(settings, |settings| {
            let size = usize::try_from(value).unwrap_or(usize::MAX);
            let (limits, dkim) = (&mut settings.limits, &mut settings.dkim);
            match limit {
                number if number == Limit::HeaderSize as u32 => limits.header_size = size,
                number if number == Limit::HeaderFields as u32 => limits.header_fields = size,
                number if number == Limit::FieldsOfAKind as u32 => limits.fields_of_a_kind = size,
                number if number == Limit::Signatures as u32 => dkim.max_signatures = size,
                number if number == Limit::Verifications as u32 => dkim.max_verifications = size,
                number if number == Limit::Questions as u32 => limits.questions = size,
                number if number == Limit::SpfVoidLookups as u32 => {
                    limits.spf_void_lookups = u32::try_from(value).unwrap_or(u32::MAX);
                }
                number if number == Limit::TrailSteps as u32 => limits.trail_steps = size,
                number if number == Limit::ReportSize as u32 => limits.report_size = size,
                other => return Err(Failure::argument(format!("there is no limit with the number {other}"))),
            }
            Ok(())
        })
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
