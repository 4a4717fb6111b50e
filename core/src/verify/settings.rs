//! How messages are judged.

use super::DmarcMode;
use crate::dkim::VerifyPolicy;
use crate::limits::Limits;
use crate::setters::setters;

/// How messages are judged; the same for all of them.
///
/// ```
/// use passerelle::verify::Settings;
///
/// let settings = Settings::new("mx.example.com").trail(false);
/// assert_eq!(settings.authserv_id, "mx.example.com");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Who says so: the authserv-id of Authentication-Results (RFC 8601 §2.5).
    pub authserv_id: String,
    /// What DKIM signatures must be like.
    pub dkim: VerifyPolicy,
    /// By which standard DMARC is evaluated.
    pub dmarc: DmarcMode,
    /// Whether HELO is checked besides MAIL FROM (RFC 7208 §2.3 recommends it).
    pub check_helo: bool,
    /// Whether the client's address is looked up and confirmed (RFC 8601 §3).
    pub check_iprev: bool,
    /// Whose Authentication-Results in the message are shown beside ours: the authserv-ids of servers through which mail
    /// comes, and of which nobody can forge a field. None unless set.
    pub trusted_authserv_ids: Vec<String>,
    /// Whether the report has a [`trail`](super::Report::trail). It takes about a sixth of the time of a small message;
    /// without it no step is written, and the report's member is left out.
    pub trail: bool,
    /// What a message may cost, and what a report may weigh.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            authserv_id: "localhost".into(),
            dkim: VerifyPolicy::default(),
            dmarc: DmarcMode::default(),
            check_helo: true,
            check_iprev: true,
            trusted_authserv_ids: Vec::new(),
            trail: true,
            limits: Limits::default(),
        }
    }
}

impl Settings {
    /// The defaults, in this host's name.
    pub fn new(authserv_id: impl Into<String>) -> Self {
        Self { authserv_id: authserv_id.into(), ..Self::default() }
    }

    setters! {
        dkim: VerifyPolicy,
        dmarc: DmarcMode,
        check_helo: bool,
        check_iprev: bool,
        trusted_authserv_ids: Vec<String>,
        trail: bool,
        limits: Limits,
    }
}
