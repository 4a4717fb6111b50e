//! Refusals as servers really word them, the stage not known, and what they mean.
//!
//! The texts are those that the providers publish or that are found in people's bounces, shortened; what they mean is what
//! the provider's own document says. Addresses are those of documentation.

use passerelle::smtp::{Cause, Provider, classify};

use super::{GOOGLE, MICROSOFT, SOMEBODY, YAHOO, reply};

fn check(peer: Option<&str>, provider: Option<Provider>, expected: &[(&str, Cause)]) {
    for (wire, cause) in expected {
        let refusal = classify(&reply(wire), peer);
        assert_eq!(refusal.cause, *cause, "{wire}");
        assert_eq!(refusal.provider, provider, "{wire}");
        assert_eq!(refusal.temporary, wire.starts_with('4'), "{wire}");
        assert!(!refusal.advice.is_empty());
    }
}

#[test]
fn google() {
    check(
        GOOGLE,
        Some(Provider::Google),
        &[
            (
                "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n550-5.7.26 Gmail requires all senders to \
             authenticate with either SPF or DKIM.\n550-5.7.26  DKIM = did not pass\n550 5.7.26  SPF [example.com] with ip: \
             [192.0.2.1] = did not pass - gsmtp",
                Cause::Unauthenticated,
            ),
            (
                "550-5.7.26 Unauthenticated email from example.com is not accepted due to\n550-5.7.26 domain's DMARC policy. Please contact \
             the administrator of\n550 5.7.26 example.com domain if this was a legitimate mail. - gsmtp",
                Cause::DmarcFailed,
            ),
            ("550-5.7.27 Your email has been blocked because SPF did not\n550 5.7.27 pass. - gsmtp", Cause::SpfFailed),
            (
                "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail. To protect\n421-4.7.28 our users from spam, mail has been \
             temporarily rate limited. For\n421 4.7.28 more information, go to https://support.google.com/mail/?p=UnsolicitedRateLimitError - gsmtp",
                Cause::RateLimited,
            ),
            (
                "550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP address. - gsmtp",
                Cause::Reputation,
            ),
            (
                "550 5.7.29 Your email has been blocked because it wasn't sent over a TLS connection. - gsmtp",
                Cause::TlsRequired,
            ),
            (
                "421 4.7.29 Your email has been rate limited because it wasn't sent over a TLS connection. - gsmtp",
                Cause::TlsRequired,
            ),
            ("550 5.7.30 Your email has been blocked because DKIM did not pass. - gsmtp", Cause::DkimFailed),
            ("421 4.7.31 Your email has been rate limited: no DMARC record. - gsmtp", Cause::DmarcFailed),
            (
                "421 4.7.32 Your email has been rate limited because the From: header isn't aligned. - gsmtp",
                Cause::DmarcFailed,
            ),
            ("550 5.7.40 Your email has been blocked: no DMARC policy. - gsmtp", Cause::DmarcFailed),
            ("421 4.7.23 The sending IP address does not have a PTR record. - gsmtp", Cause::ReverseDns),
            (
                "550-5.7.25 [192.0.2.1] The IP address sending this message does not have a\n550 5.7.25 PTR record setup - gsmtp",
                Cause::ReverseDns,
            ),
            (
                "550 5.7.24 The SPF record of the sending domain has one or more suspicious entries - gsmtp",
                Cause::SpfFailed,
            ),
            (
                "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 - gsmtp",
                Cause::SendingLimit,
            ),
            ("550 5.4.5 Daily SMTP relay limit exceeded for customer. - gsmtp", Cause::SendingLimit),
            ("550 5.7.1 Daily SMTP relay limit exceeded for user. - gsmtp", Cause::SendingLimit),
            (
                "534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp",
                Cause::ApplicationPasswordRequired,
            ),
            ("534 5.7.9 Please log in with your web browser and then try again. - gsmtp", Cause::AuthenticationFailed),
            (
                "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1>\n534-5.7.14 Please log in via your web browser and then try again.\n534 5.7.14  Learn more at - gsmtp",
                Cause::AuthenticationFailed,
            ),
            (
                "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials - gsmtp",
                Cause::AuthenticationFailed,
            ),
            (
                "530-5.7.0 Authentication Required. For more information, go to\n530 5.7.0  https://support.google.com/mail/?p=WantAuthError - gsmtp",
                Cause::AuthenticationRequired,
            ),
            (
                "530-5.5.1 Authentication Required. Learn more at\n530 5.5.1 https://support.google.com/ - gsmtp",
                Cause::AuthenticationRequired,
            ),
            ("530 5.7.0 Must issue a STARTTLS command first. - gsmtp", Cause::TlsRequired),
            (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 double-checking the recipient's email address - gsmtp",
                Cause::NoSuchMailbox,
            ),
            ("550 5.2.1 The email account that you tried to reach is disabled. - gsmtp", Cause::MailboxDisabled),
            (
                "450-4.2.1 The user you are trying to contact is receiving email at a rate that\n450 4.2.1 prevents additional messages from being delivered. - gsmtp",
                Cause::RateLimited,
            ),
            ("450 4.2.1 The user you are trying to contact is receiving mail too quickly. - gsmtp", Cause::RateLimited),
            (
                "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n452 4.2.2 recipient to - gsmtp",
                Cause::MailboxFull,
            ),
            ("552 5.2.2 The email account that you tried to reach is over quota. - gsmtp", Cause::MailboxFull),
            (
                "552-5.2.3 Your message exceeded Google's message size limits.\n552 5.2.3 Please visit - gsmtp",
                Cause::MessageTooLarge,
            ),
            (
                "552-5.7.0 This message was blocked because its content presents a potential\n552 5.7.0 security issue. - gsmtp",
                Cause::DangerousContent,
            ),
            (
                "550-5.7.1 [192.0.2.1      12] Our system has detected that this message is\n550-5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail,\n550 5.7.1 this message has been blocked. - gsmtp",
                Cause::Spam,
            ),
            (
                "550-5.7.1 [192.0.2.1] Gmail has detected that this message is likely\n550-5.7.1 suspicious due to the very low reputation of the sending IP address.\n550 5.7.1 - gsmtp",
                Cause::Reputation,
            ),
            (
                "550-5.7.1 [192.0.2.1] The IP you're using to send mail is not authorized to\n550-5.7.1 send email directly to our servers. Please use the SMTP relay at your\n550 5.7.1 service provider instead. - gsmtp",
                Cause::Blocked,
            ),
            (
                "550-5.7.1 [192.0.2.1] Messages missing a valid address in From:\n550-5.7.1 header, or having no From: header, are not accepted: this message is not\n550 5.7.1 RFC 5322 compliant. - gsmtp",
                Cause::BadMessage,
            ),
            (
                "550-5.7.1 This message violates example.com email policy. - gcdp\n550 5.7.1 a1-20020a05 - gsmtp",
                Cause::Policy,
            ),
            ("550 5.7.0 Mail relay denied [192.0.2.1]. - gsmtp", Cause::RelayDenied),
            ("550 5.7.1 Invalid credentials for relay [192.0.2.1]. - gsmtp", Cause::RelayDenied),
            ("421 4.7.0 TLS required for RCPT domain, closing connection. - gsmtp", Cause::TlsRequired),
            ("421 4.3.0 Temporary System Problem. Try again later. - gsmtp", Cause::SystemUnavailable),
            ("421 4.4.5 Server busy, try again later. - gsmtp", Cause::SystemUnavailable),
            (
                "451 4.3.0 Multiple destination domains per transaction is unsupported. - gsmtp",
                Cause::TooManyRecipients,
            ),
            ("452 4.5.3 Your message has too many recipients. - gsmtp", Cause::TooManyRecipients),
            ("554 5.4.6 Message exceeded 50 hops, this may indicate a mail loop. - gsmtp", Cause::Loop),
            ("502 5.5.1 Unrecognized command. - gsmtp", Cause::Protocol),
        ],
    );
}

#[test]
fn microsoft() {
    check(
        MICROSOFT,
        Some(Provider::Microsoft),
        &[
            (
                "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors.",
                Cause::Blocked,
            ),
            (
                "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
                Cause::Blocked,
            ),
            ("550 SC-001 (BAY004-MC1F1) Unfortunately, messages from 192.0.2.1 weren't sent.", Cause::Blocked),
            ("421 RP-001 (BAY004-MC1F1) Unfortunately, some messages from 192.0.2.1 weren't sent.", Cause::RateLimited),
            (
                "550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/",
                Cause::Blocked,
            ),
            (
                "550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal from this list please forward this message to delist@messaging.microsoft.com.",
                Cause::Blocked,
            ),
            ("550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.", Cause::Blocked),
            ("550 5.7.705 Access denied, tenant has exceeded threshold.", Cause::SendingLimit),
            (
                "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://aka.ms/postmaster (S775)",
                Cause::RateLimited,
            ),
            ("451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)", Cause::RateLimited),
            (
                "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR03FT010.eop-EUR03.prod.protection.outlook.com]",
                Cause::NoSuchMailbox,
            ),
            (
                "550 5.4.1 [user@example.com]: Recipient address rejected: Access denied [AM1.prod.protection.outlook.com]",
                Cause::NoSuchMailbox,
            ),
            ("550 5.4.1 Relay Access Denied", Cause::RelayDenied),
            (
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
                Cause::NoSuchMailbox,
            ),
            ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", Cause::NoSuchMailbox),
            (
                "550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 5.7.1",
                Cause::SpfFailed,
            ),
            (
                "550 5.7.25 Access denied, the sending IPv6 address [2001:db8::1] must have a reverse DNS record",
                Cause::ReverseDns,
            ),
            (
                "450 4.7.26 Service does not accept messages sent over IPv6 [2001:db8::1] unless they pass either SPF or DKIM validation (message not signed)",
                Cause::Unauthenticated,
            ),
            (
                "550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification and has a DMARC policy of reject.",
                Cause::DmarcFailed,
            ),
            (
                "550 5.7.515 Access denied, sending domain example.com doesn't meet the required authentication level.",
                Cause::Unauthenticated,
            ),
            ("450 4.4.62 Mail sent to the wrong Office 365 region. ATTR35.", Cause::Network),
            (
                "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
                Cause::MailboxFull,
            ),
            ("550 5.2.2 Submission quota exceeded", Cause::SendingLimit),
            (
                "550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour",
                Cause::RateLimited,
            ),
            ("432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", Cause::RateLimited),
            (
                "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
                Cause::SenderNotAllowed,
            ),
            ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", Cause::SenderNotAllowed),
            ("550 5.7.12 Sender was not authenticated by organization", Cause::SenderNotAllowed),
            ("550 5.7.124 Sender not in allowed-senders list", Cause::SenderNotAllowed),
            ("550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy", Cause::Policy),
            (
                "530 5.7.57 Client not authenticated to send mail. [AM6PR0732BE0065.eurprd07.prod.outlook.com]",
                Cause::AuthenticationRequired,
            ),
            (
                "535 5.7.3 Authentication unsuccessful [AM0PR01CA0001.eurprd01.prod.exchangelabs.com]",
                Cause::AuthenticationFailed,
            ),
            (
                "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
                Cause::AuthenticationFailed,
            ),
            ("550 5.7.64 TenantAttribution; Relay Access Denied", Cause::RelayDenied),
            ("550 5.1.8 Access denied, bad outbound sender", Cause::AccountDisabled),
            (
                "550 5.7.513 Service unavailable, Client host [192.0.2.1] blocked by example.com using Customer Block list",
                Cause::Blocked,
            ),
            (
                "550 5.7.508 Access denied, [192.0.2.1] has exceeded permitted limits within 1 hour range",
                Cause::RateLimited,
            ),
            ("550 5.7.510 Access denied, example.com does not accept email over IPv6", Cause::Policy),
            ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", Cause::Loop),
            ("451 4.7.325 Remote certificate host name does not match", Cause::TlsFailed),
            ("452 4.5.3 Too many recipients (AS780090)", Cause::TooManyRecipients),
            ("552 5.3.4 Message size exceeds fixed maximum message size", Cause::MessageTooLarge),
            (
                "550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.1",
                Cause::Blocked,
            ),
            ("550 5.7.1 Unable to relay", Cause::RelayDenied),
        ],
    );
}

#[test]
fn yahoo() {
    check(
        YAHOO,
        Some(Provider::Yahoo),
        &[
            (
                "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
                Cause::RateLimited,
            ),
            (
                "421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints - 4.16.55.1",
                Cause::RateLimited,
            ),
            (
                "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.",
                Cause::Reputation,
            ),
            (
                "553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.",
                Cause::Reputation,
            ),
            (
                "554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://postmaster.yahooinc.com/error-codes",
                Cause::Spam,
            ),
            (
                "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
                Cause::DmarcFailed,
            ),
            (
                "550 5.7.9 This mail has been blocked because the sender is unauthenticated. Yahoo requires all senders to authenticate with either SPF or DKIM.",
                Cause::Unauthenticated,
            ),
            (
                "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
                Cause::Blocked,
            ),
            ("553 5.7.1 [BL23] Connections not accepted from IP addresses on Spamhaus PBL", Cause::Blocked),
            (
                "554 delivery error: dd This user doesn't have a yahoo.com account (user@yahoo.com) [0]",
                Cause::NoSuchMailbox,
            ),
            (
                "554 delivery error: dd Sorry, your message to user@yahoo.com cannot be delivered. This mailbox is disabled (554.30).",
                Cause::MailboxDisabled,
            ),
            ("554 delivery error: dd Requested mail action aborted: user is over quota", Cause::MailboxFull),
            ("450 User is receiving mail too quickly", Cause::RateLimited),
            (
                "451 mta1.mail.ne1.yahoo.com Resources temporarily unavailable. Please try again later [#4.16.1].",
                Cause::SystemUnavailable,
            ),
            ("421 Max message per connection reached, closing transmission channel", Cause::RateLimited),
            ("535 5.7.0 (#AUTH005) Too many bad auth attempts.", Cause::AuthenticationFailed),
        ],
    );
}

#[test]
fn everybody() {
    check(
        SOMEBODY,
        None,
        &[
            // Postfix
            (
                "550 5.1.1 <spam@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
                Cause::NoSuchMailbox,
            ),
            ("554 5.7.1 <user@example.com>: Relay access denied", Cause::RelayDenied),
            (
                "450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/",
                Cause::Greylisted,
            ),
            ("450 4.1.8 <a@nowhere.example>: Sender address rejected: Domain not found", Cause::BadSenderAddress),
            ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", Cause::ReverseDns),
            ("450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", Cause::ReverseDns),
            ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Cause::Blocked),
            ("552 5.3.4 Message size exceeds fixed limit", Cause::MessageTooLarge),
            ("530 5.7.0 Must issue a STARTTLS command first", Cause::TlsRequired),
            ("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", Cause::AuthenticationFailed),
            ("452 4.5.3 Error: too many recipients", Cause::TooManyRecipients),
            ("452 4.3.1 Insufficient system storage", Cause::SystemFull),
            ("454 4.7.0 TLS not available due to local problem", Cause::TlsFailed),
            ("421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1", Cause::RateLimited),
            ("504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", Cause::Protocol),
            (
                "550 5.7.23 <user@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized.",
                Cause::SpfFailed,
            ),
            ("554 5.4.6 Too many hops", Cause::Loop),
            // Exim
            ("550 Unrouteable address", Cause::NoSuchMailbox),
            ("550 relay not permitted", Cause::RelayDenied),
            ("451 Temporary local problem - please try later", Cause::SystemUnavailable),
            ("550 Sender verify failed", Cause::BadSenderAddress),
            ("535 Incorrect authentication data", Cause::AuthenticationFailed),
            // Sendmail, qmail, filters, and codes written in their own way.
            ("550 5.7.1 <user@example.com>... Relaying denied", Cause::RelayDenied),
            ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Cause::RelayDenied),
            ("550 sorry, no mailbox here by that name. (#5.1.1)", Cause::NoSuchMailbox),
            ("550 #5.1.0 Address rejected.", Cause::NoSuchMailbox),
            ("550 5.7.1 Message rejected as spam", Cause::Spam),
            ("550 5.7.1 Message contains a virus", Cause::DangerousContent),
            ("550 5.7.1 Email rejected per DMARC policy for example.com", Cause::DmarcFailed),
            ("552 5.2.2 Mailbox full", Cause::MailboxFull),
            // The registry, words or not.
            ("550 5.1.10 x", Cause::TakesNoMail),
            ("550 5.7.27 x", Cause::BadSenderAddress),
            ("550 5.7.28 x", Cause::RateLimited),
            ("550 5.7.29 x", Cause::Unauthenticated),
            ("550 5.7.30 x", Cause::RequireTlsNotSupported),
            ("550 5.7.9 x", Cause::MechanismNotAccepted),
            ("550 5.6.7 x", Cause::InternationalizationNotSupported),
            ("550 5.7.17 x", Cause::OwnerChanged),
            // Codes alone.
            ("421", Cause::SystemUnavailable),
            ("450", Cause::SystemUnavailable),
            ("452", Cause::SystemFull),
            ("500", Cause::Protocol),
            ("521", Cause::TakesNoMail),
            ("530", Cause::AuthenticationRequired),
            ("535", Cause::AuthenticationFailed),
            ("538", Cause::TlsRequired),
            ("550", Cause::Policy),
            ("551", Cause::MailboxMoved),
            ("554", Cause::Policy),
            ("556", Cause::TakesNoMail),
        ],
    );
}
