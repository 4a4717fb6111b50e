//! Whose server it is: by the signature of its replies, by codes that nobody else has, and by its name.

use std::net::IpAddr;

use serde::Serialize;

use super::rule::{Group, Said};
use super::tables;
use super::text;
use crate::smtp::reply::EnhancedCode;
use crate::words::words;

macro_rules! providers {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $table:ident, $hosts:expr, $links:expr;)+) => {
        /// A provider, or a filter or service, whose wordings are known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "lowercase")]
        #[non_exhaustive]
        pub enum Provider {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Provider {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Ends of the names of its hosts.
            const fn hosts(self) -> &'static [&'static str] {
                match self { $(Self::$name => $hosts,)+ }
            }

            /// What only its replies point to.
            const fn links(self) -> &'static [&'static str] {
                match self { $(Self::$name => $links,)+ }
            }

            pub(super) const fn groups(self) -> &'static [Group] {
                match self { $(Self::$name => tables::$table::GROUPS,)+ }
            }
        }
    };
}

providers! {
    /// Gmail and Google Workspace.
    Google = "google", google,
        &["google.com", "googlemail.com", "gmail.com", "smtp.goog"],
        &["support.google.com/mail/?p="];
    /// Outlook.com and Microsoft 365, and Exchange where it speaks as they do.
    Microsoft = "microsoft", microsoft,
        &["outlook.com", "hotmail.com", "office365.com", "office365.us", "mx.microsoft", "exchangelabs.com"],
        &["mail.live.com/mail/troubleshooting", "sender.office.com", "aka.ms/postmaster", "postmaster.live.com",
          "delist@messaging.microsoft.com", "aka.ms/ndr"];
    /// Yahoo and AOL, and whom they host.
    Yahoo = "yahoo", yahoo,
        &["yahoodns.net", "yahoo.com", "aol.com"],
        &["postmaster.yahooinc.com", "senders.yahooinc.com", "postmaster.yahoo.com", "help.yahoo.com/kb"];
    /// iCloud Mail.
    Apple = "apple", apple,
        &["icloud.com", "me.com", "mac.com", "apple.com"],
        &["support.apple.com/en-us/ht204137", "support.apple.com/en-us/102322", "support.apple.com/102322"];
    /// Orange and Wanadoo.
    Orange = "orange", orange, &["orange.fr", "wanadoo.fr", "orange.com"], &["postmaster.orange.fr"];
    /// laposte.net.
    Laposte = "laposte", laposte, &["laposte.net"], &["postmaster.laposte.net"];
    /// SFR, Neuf and Numericable.
    Sfr = "sfr", sfr, &["sfr.fr", "sfr.net", "neuf.fr"], &["postmaster.sfr.fr"];
    /// GMX, WEB.DE, mail.com and IONOS.
    Gmx = "gmx", gmx,
        &["gmx.net", "gmx.com", "gmx.de", "web.de", "mail.com", "kundenserver.de", "ionos.com", "ionos.de", "1und1.de"],
        &["postmaster.gmx.", "postmaster.web.de", "postmaster.mail.com", "web.de/email/senderguidelines",
          "postmaster.1and1.", "postmaster.1und1.", "postmaster.kundenserver.de"];
    /// Free.
    Free = "free", free, &["free.fr", "proxad.net"], &["postmaster.free.fr"];
    /// OVHcloud.
    Ovh = "ovh", ovh, &["ovh.net", "ovh.com", "ovh.ca"], &[];
    /// Amazon SES.
    Ses = "ses", ses, &["amazonaws.com", "amazonses.com"], &[];
    /// SendGrid.
    SendGrid = "sendgrid", sendgrid, &["sendgrid.net", "sendgrid.com"], &["sendgrid.com/docs"];
    /// Proofpoint.
    Proofpoint = "proofpoint", proofpoint,
        &["pphosted.com", "ppe-hosted.com", "proofpoint.com", "gpphosted.com"],
        &["ipcheck.proofpoint.com", "support.proofpoint.com"];
    /// Mimecast.
    Mimecast = "mimecast", mimecast,
        &["mimecast.com", "mimecast.co.za", "mimecast-offshore.com", "mimecast.org"],
        &["community.mimecast.com", "mimecastsupport.zendesk.com"];
    /// Mail.ru.
    Mailru = "mailru", mailru, &["mail.ru"], &["help.mail.ru", "mail.ru/notspam"];
    /// QQ Mail and Tencent's mail for companies.
    Qq = "qq", qq, &["qq.com", "foxmail.com"],
        &["service.mail.qq.com", "service.exmail.qq.com", "open.work.weixin.qq.com"];
    /// NetEase: 163.com, 126.com, yeah.net.
    Netease = "netease", netease,
        &["163.com", "126.com", "yeah.net", "netease.com"],
        &["mail.163.com/help", "help.163.com"];
    /// Yandex Mail.
    Yandex = "yandex", yandex, &["yandex.ru", "yandex.net", "yandex.com"],
        &["yandex.com/support", "yandex.ru/support", "feedback.yandex."];
    /// Zoho Mail.
    Zoho = "zoho", zoho, &["zoho.com", "zoho.eu", "zoho.in", "zohomail.com"], &["zoho.com/mail/help"];
}

/// Marks that one provider alone puts into its replies.
const MARKS: &[(&str, Provider)] = &[
    ("[tss*", Provider::Yahoo),
    ("[ts0*", Provider::Yahoo),
    ("[ipts*", Provider::Yahoo),
    ("[ph01]", Provider::Yahoo),
    ("[bl21]", Provider::Yahoo),
    ("[bl23]", Provider::Yahoo),
    ("[cs01]", Provider::Apple),
    ("[cs02]", Provider::Apple),
    ("[hm07]", Provider::Apple),
    ("[hm08]", Provider::Apple),
    ("[hme1]", Provider::Apple),
    ("lpnaaa_*", Provider::Laposte),
    ("sfr_in_*", Provider::Sfr),
    ("nemesis esmtp", Provider::Gmx),
    ("resolver.adr.*", Provider::Microsoft),
    ("resolver.rst.*", Provider::Microsoft),
    ("storedrv.*", Provider::Microsoft),
    ("(s3140)", Provider::Microsoft),
    ("(s3150)", Provider::Microsoft),
    ("throttling failure:", Provider::Ses),
    ("email address is not verified", Provider::Ses),
    ("sendgrid sender identity", Provider::SendGrid),
    ("verified sender identity", Provider::SendGrid),
];

/// The codes that NetEase begins its replies with.
const NETEASE: &[&str] = &[
    "hl:rep", "hl:icc", "hl:ifc", "hl:ifq", "hl:itc", "hl:mep", "hl:ihu", "hl:ipb", "mi:cel", "mi:dmc", "mi:ccl",
    "mi:sfq", "mi:nhd", "mi:imf", "mi:spf", "mi:dma", "mi:stc", "mi:spb", "rp:drc", "rp:ccl", "rp:cel", "rp:qrc",
    "rp:frl", "rp:rcl", "rp:trc", "dt:rbl", "dt:spm", "dt:sum", "wm:bli", "wm:blu",
];

impl Provider {
    /// The provider that a host belongs to, by the end of its name.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let ends = |suffix: &str| match host.len().checked_sub(suffix.len()).map(|at| host.split_at_checked(at)) {
            Some(Some((before, end))) => {
                end.eq_ignore_ascii_case(suffix.as_bytes()) && matches!(before.last(), None | Some(b'.'))
            }
            _ => false,
        };
        Self::ALL.iter().find(|provider| provider.hosts().iter().any(|suffix| ends(suffix))).copied()
    }

    /// Whose reply this is. A signature at the end is the speaker's own, whatever its host is called; what stands in the
    /// middle may be quoted from another, so it counts where the host has no name; codes and marks that nobody else uses
    /// count wherever the host is not known to be another's.
    pub(super) fn of(said: &Said, peer: Option<&str>) -> Option<Self> {
        let name = peer.and_then(named);
        Self::signed(&said.text)
            .or_else(|| name.and_then(Self::of_host))
            .or_else(|| Self::marked(said))
            .or_else(|| if name.is_none() { Self::mentioned(&said.text) } else { None })
            .or_else(|| said.enhanced.and_then(Self::of_code))
    }

    /// By the end of the text.
    fn signed(text: &str) -> Option<Self> {
        let end = text.trim_end_matches(['.', ')', ' ']);
        if end.ends_with(" gsmtp") || end == "gsmtp" {
            return Some(Self::Google);
        }
        let bracket = end.strip_suffix(']').and_then(|inner| inner.rsplit_once('['))?.1;
        let host = bracket.split(' ').next().unwrap_or_default();
        let microsoft = host.ends_with(".prod.outlook.com")
            || host.ends_with(".protection.outlook.com")
            || host.ends_with(".prod.exchangelabs.com");
        microsoft.then_some(Self::Microsoft)
    }

    /// By marks that one provider alone uses.
    fn marked(said: &Said) -> Option<Self> {
        let text = said.text.as_str();
        for (prefix, provider) in [("ofr", Self::Orange), ("ouk", Self::Orange), ("lpn", Self::Laposte)] {
            if text::coded(text, prefix) {
                return Some(provider);
            }
        }
        if NETEASE.iter().any(|code| text.starts_with(code)) {
            return Some(Self::Netease);
        }
        MARKS.iter().find(|(mark, _)| said.has(mark)).map(|(_, provider)| *provider)
    }

    /// By what the text points to, or a signature in its middle.
    fn mentioned(text: &str) -> Option<Self> {
        if text::has(text, "- gsmtp") {
            return Some(Self::Google);
        }
        if [".prod.outlook.com", ".protection.outlook.com", ".prod.exchangelabs.com"]
            .iter()
            .any(|end| text.contains(end))
        {
            return Some(Self::Microsoft);
        }
        Self::ALL.iter().find(|provider| provider.links().iter().any(|link| text.contains(link))).copied()
    }

    /// By an enhanced status code outside the registry that one provider alone uses.
    fn of_code(code: EnhancedCode) -> Option<Self> {
        match (code.subject, code.detail) {
            (7, 31 | 32 | 40) => Some(Self::Google),
            (7, 51 | 57 | 60 | 64 | 123..=136 | 193 | 320..=329 | 500..=999)
            | (1, 90)
            | (2, 121 | 122)
            | (3, 190)
            | (4, 300 | 310..=319) => Some(Self::Microsoft),
            _ => None,
        }
    }
}

words!(Display for Provider);

/// The peer's name, unless it is an address: then nothing is known of it. Postfix's `name[address]` is the name.
fn named(peer: &str) -> Option<&str> {
    let peer = match peer.split_once('[') {
        Some((name, _)) if !name.is_empty() => name,
        _ => peer.trim_start_matches('[').trim_end_matches(']'),
    };
    let address = match peer.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("ipv6:") => address,
        _ => peer,
    };
    let is_name = !peer.is_empty() && !peer.eq_ignore_ascii_case("unknown") && address.parse::<IpAddr>().is_err();
    is_name.then_some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_no_names() {
        for peer in
            ["192.0.2.1", "[192.0.2.1]", "2001:db8::1", "[IPv6:2001:db8::1]", "IPv6:2001:db8::1", "", "unknown", "é"]
        {
            assert_eq!(named(peer).is_some(), peer == "é", "{peer}");
        }
        assert_eq!(named("mx.example.com"), Some("mx.example.com"));
        assert_eq!(named("mx.example.com[192.0.2.1]"), Some("mx.example.com"));
    }

    #[test]
    fn words_are_those_of_the_json() {
        for provider in Provider::ALL {
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
        }
    }
}
