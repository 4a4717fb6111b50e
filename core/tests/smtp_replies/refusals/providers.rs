//! Whose reply it is, and what its codes mean there.

use passerelle::smtp::refusal::{Context, Stage};
use passerelle::smtp::{Cause, Provider, classify};

use super::{GOOGLE, MICROSOFT, SOMEBODY, reply};

/// The codes that Google uses otherwise than the registry, each said by Google and by somebody else.
#[test]
fn wordings_are_scoped_to_the_provider() {
    for (wire, google, somebody) in [
        ("421 4.7.23 x", Cause::ReverseDns, Cause::SpfFailed),
        ("550 5.7.27 x", Cause::SpfFailed, Cause::BadSenderAddress),
        ("550 5.7.28 x", Cause::Reputation, Cause::RateLimited),
        ("550 5.7.29 x", Cause::TlsRequired, Cause::Unauthenticated),
        ("550 5.7.30 x", Cause::DkimFailed, Cause::RequireTlsNotSupported),
        ("550 5.4.5 x", Cause::SendingLimit, Cause::RateLimited),
        ("534 5.7.9 x", Cause::ApplicationPasswordRequired, Cause::MechanismNotAccepted),
    ] {
        assert_eq!(classify(&reply(wire), GOOGLE).cause, google, "{wire}");
        assert_eq!(classify(&reply(wire), SOMEBODY).cause, somebody, "{wire}");
    }
    assert_eq!(classify(&reply("550 5.1.10 x"), MICROSOFT).cause, Cause::NoSuchMailbox);
    assert_eq!(classify(&reply("550 5.4.1 x"), MICROSOFT).cause, Cause::NoSuchMailbox);
    assert_eq!(classify(&reply("550 5.4.1 x"), SOMEBODY).cause, Cause::Network);
}

#[test]
fn providers_by_host() {
    for (host, provider) in [
        ("aspmx.l.google.com", Some(Provider::Google)),
        ("SMTP.GMAIL.COM.", Some(Provider::Google)),
        ("alt1.aspmx.l.googlemail.com", Some(Provider::Google)),
        ("example-com.mail.protection.outlook.com", Some(Provider::Microsoft)),
        ("example.a-v1.mx.microsoft", Some(Provider::Microsoft)),
        ("smtp.office365.com", Some(Provider::Microsoft)),
        ("hotmail-com.olc.protection.outlook.com", Some(Provider::Microsoft)),
        ("mx-aol.mail.gm0.yahoodns.net", Some(Provider::Yahoo)),
        ("smtp.mail.yahoo.com", Some(Provider::Yahoo)),
        ("google.com.example.com", None),
        ("notgoogle.com", None),
        ("xoutlook.com", None),
        ("com", None),
        ("", None),
        ("é", None),
    ] {
        assert_eq!(Provider::of_host(host), provider, "{host}");
    }
}

/// A signature at the end is the speaker's own, whatever its host is called: Workspace's customers name their MX as they
/// like. One in the middle may be quoted from another.
#[test]
fn a_signature_at_the_end_counts_whatever_the_host_is_called() {
    let signed = reply("550 5.7.30 DKIM did not pass - gsmtp");
    assert_eq!(classify(&signed, SOMEBODY).provider, Some(Provider::Google));
    assert_eq!(classify(&signed, SOMEBODY).cause, Cause::DkimFailed);
    assert_eq!(classify(&signed, MICROSOFT).provider, Some(Provider::Google));
    let bracket =
        reply("550 5.4.1 Access denied [CY4PEPF0000EE3C.namprd03.prod.outlook.com 2023-09-18T12:48:32.808Z 08DB]");
    assert_eq!(classify(&bracket, SOMEBODY).provider, Some(Provider::Microsoft));
    assert_eq!(classify(&bracket, SOMEBODY).cause, Cause::NoSuchMailbox);

    let quoted = reply("550 5.7.30 the next hop said no - gsmtp, so it goes back");
    assert_eq!(classify(&quoted, SOMEBODY).provider, None);
    assert_eq!(classify(&quoted, SOMEBODY).cause, Cause::RequireTlsNotSupported);
    for nameless in [None, Some("192.0.2.1"), Some("[192.0.2.1]"), Some("[IPv6:2001:db8::1]")] {
        assert_eq!(classify(&quoted, nameless).provider, Some(Provider::Google), "{nameless:?}");
        assert_eq!(classify(&quoted, nameless).cause, Cause::DkimFailed, "{nameless:?}");
    }
}

#[test]
fn marks_and_codes_that_nobody_else_uses_show_the_provider() {
    for (wire, provider, cause) in [
        ("550 5.1.1 Invalid recipient. OFR_416 [416]", Provider::Orange, Cause::NoSuchMailbox),
        ("550 5.5.0 Archived recipient. LPN007_420", Provider::Laposte, Cause::MailboxDisabled),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 deferred", Provider::Yahoo, Cause::RateLimited),
        ("554 DT:SPM 163 smtp5,x", Provider::Netease, Cause::Spam),
        ("550 5.7.1 [CS01] rejected", Provider::Apple, Cause::Policy),
        ("550 5.7.515 Access denied", Provider::Microsoft, Cause::Unauthenticated),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", Provider::Microsoft, Cause::Blocked),
        ("550 5.7.60 may not send as", Provider::Microsoft, Cause::SenderNotAllowed),
        ("550 5.7.40 blocked", Provider::Google, Cause::DmarcFailed),
        ("550 5.7.31 blocked", Provider::Google, Cause::DmarcFailed),
        (
            "554-gmx.net (mxgmx104) Nemesis ESMTP Service not available\n554 Bad DNS PTR resource record.",
            Provider::Gmx,
            Cause::ReverseDns,
        ),
    ] {
        for peer in [SOMEBODY, None, Some("192.0.2.1")] {
            let found = classify(&reply(wire), peer);
            assert_eq!((found.provider, found.cause), (Some(provider), cause), "{wire} {peer:?}");
        }
    }
    // Another provider's host keeps its own meaning.
    assert_eq!(classify(&reply("550 5.7.31 x"), Some("mx00.gmx.net")).provider, Some(Provider::Gmx));
}

#[test]
fn a_wrapper_names_host_and_stage() {
    let wrapped = reply("550 host smtp-in.orange.fr[192.0.2.1] said: 552 Mail refused (in reply to MAIL FROM command)");
    let found = classify(&wrapped, Context::new());
    assert_eq!((found.provider, found.stage), (Some(Provider::Orange), Stage::Mail));
    // What the client knows goes before what the text says.
    assert_eq!(classify(&wrapped, Context::new().at(Stage::Rcpt)).stage, Stage::Rcpt);
    let found = classify(&reply("421 4.7.0 Try again later, closing connection. (EHLO) a1-2 - gsmtp"), Context::new());
    assert_eq!((found.cause, found.stage), (Cause::Protocol, Stage::Ehlo));
    assert!(found.advice.contains("EHLO"), "{}", found.advice);
}
