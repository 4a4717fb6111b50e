//! What large providers ask for, with the documents that say so and the days on which those were read.
//!
//! `provider = "…"` in `[[route]]` and `[[relay]]` fills in these values; one that the document has stands.

use super::routes::Provider;

/// What a preset of `[[route]]` fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoutePreset {
    /// The host; `None` where it is another for each customer.
    pub host: Option<&'static str>,
    /// The port.
    pub port: u16,
    /// TLS, of a trusted authority, with the host's name.
    pub require_tls: bool,
    /// Recipients of one transaction.
    pub max_recipients: u32,
    /// Messages of one connection; 0 for no bound.
    pub max_messages: u32,
    /// Octets of a message; 0 where the document says none.
    pub max_size: u64,
    /// What the provider asks of the name in EHLO.
    pub ehlo: &'static str,
    /// What to write where the host is another for each customer.
    pub hint: &'static str,
    /// Where this is documented.
    pub source: &'static str,
    /// When the document was read.
    pub date: &'static str,
}

/// What a preset of `[[relay]]` fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelayPreset {
    /// The name whose SPF record lists the addresses that mail comes from.
    pub spf: &'static str,
    /// Whether it comes over TLS.
    pub require_tls: bool,
    /// Where this is documented.
    pub source: &'static str,
    /// When the document was read.
    pub date: &'static str,
}

impl Provider {
    /// All of them, with the words of the document.
    pub const WORDS: [(&'static str, Self); 2] =
        [("google-workspace", Self::GoogleWorkspace), ("microsoft-365", Self::Microsoft365)];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GoogleWorkspace => "google-workspace",
            Self::Microsoft365 => "microsoft-365",
        }
    }

    /// What a route to this provider looks like.
    pub fn route(self) -> RoutePreset {
        match self {
            // The SMTP relay service: 100 recipients a transaction, EHLO with a domain of the organisation.
            Self::GoogleWorkspace => RoutePreset {
                host: Some("smtp-relay.gmail.com"),
                port: 587,
                require_tls: true,
                max_recipients: 100,
                max_messages: 0,
                max_size: 0,
                ehlo: "a name of the organisation's domains, never localhost",
                hint: "",
                source: "https://support.google.com/a/answer/2956491",
                date: "2026-11-28",
            },
            // A connector to Exchange Online: the MX host of the tenant, port 25, TLS. The document names no number of recipients
            // for a transaction: the number is ours.
            Self::Microsoft365 => RoutePreset {
                host: None,
                port: 25,
                require_tls: true,
                max_recipients: 100,
                max_messages: 0,
                max_size: 0,
                ehlo: "a fully qualified name of the sending host",
                hint: "write the host of the organisation's MX record, such as example-com.mail.protection.outlook.com",
                source: "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365",
                date: "2026-11-28",
            },
        }
    }

    /// What mail that comes from this provider looks like.
    pub fn relay(self) -> RelayPreset {
        match self {
            Self::GoogleWorkspace => RelayPreset {
                spf: "_spf.google.com",
                require_tls: true,
                source: "https://support.google.com/a/answer/60764",
                date: "2026-11-28",
            },
            Self::Microsoft365 => RelayPreset {
                spf: "spf.protection.outlook.com",
                require_tls: true,
                source: "https://learn.microsoft.com/en-us/microsoft-365/enterprise/urls-and-ip-address-ranges",
                date: "2026-11-28",
            },
        }
    }
}
