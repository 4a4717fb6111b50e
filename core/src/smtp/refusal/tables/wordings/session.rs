//! What is said of relaying, of limits and of the way to the next host.

use super::super::{Cause, Group, Stage, any, words};
use super::sources::*;

pub(super) const RELAYING: &[Group] = &[
    of(POSTFIX_CHECK, &[any(&["relay access denied"], Cause::RelayDenied)]),
    of(EXIM_ACL, &[any(&["relay not permitted"], Cause::RelayDenied)]),
    of(SENDMAIL_CF, &[any(&["relaying denied"], Cause::RelayDenied)]),
    of(QMAIL, &[any(&["list of allowed rcpthosts"], Cause::RelayDenied)]),
    of(STALWART, &[any(&["relay not allowed"], Cause::RelayDenied)]),
    of(ZOHO, &[any(&["relaying disallowed"], Cause::RelayDenied)]),
    of(OUTLOOK, &[any(&["relay prohibited"], Cause::RelayDenied)]),
    of(
        SISIMAI,
        &[any(
            &["relay denied", "unable to relay", "not permitted to relay", "not allowed to relay", "not a gateway"],
            Cause::RelayDenied,
        )],
    ),
    of(BOUNCES, &[any(&["relaying not allowed", "do not relay"], Cause::RelayDenied)]),
    of(CHINESE, &[any(&["host denies relay"], Cause::RelayDenied)]),
    of(Q304897, &[any(&["relaying prohibited"], Cause::RelayDenied)]),
    of(KUMO_MTA, &[any(&["relaying not permitted"], Cause::RelayDenied)]),
    of(INDIMAIL, &[any(&["we don't relay"], Cause::RelayDenied)]),
];

pub(super) const LIMITS: &[Group] = &[
    of(POSTGREY, &[any(&["greylist*", "postgrey"], Cause::Greylisted)]),
    of(HARAKA, &[any(&["come back later"], Cause::Greylisted)]),
    // So many in a day.
    of(GOOGLE, &[any(&["sending limit", "sending limits"], Cause::SendingLimit)]),
    of(QMAIL_SAGREDO, &[any(&["exceeded your messaging limits"], Cause::SendingLimit)]),
    of(EMAILHOST, &[any(&["sending quota", "sending quota exceeded"], Cause::SendingLimit)]),
    of(MODOBOA, &[any(&["daily limit"], Cause::SendingLimit)]),
    of(CPANEL, &[any(&["max defers and failures"], Cause::SendingLimit)]),
    of(SISIMAI, &[any(&["max emails per hour"], Cause::SendingLimit)]),
    of(COLLECTIONS, &[any(&["exceeded your outmail quota"], Cause::SendingLimit)]),
    // Recipients: in a time, then in a message.
    of(SENDGRID, &[any(&["too many recipients received this hour"], Cause::RateLimited)]),
    of(POSTFIX, &[any(&["too many recipients from"], Cause::RateLimited).temporary()]),
    of(POSTFWD, &[any(&["recipients per hour"], Cause::RateLimited)]),
    of(POSTFIX, &[any(&["too many recipients"], Cause::TooManyRecipients)]),
    of(CHINESE, &[any(&["out of allow rcpt*"], Cause::TooManyRecipients)]),
    // So many at a time.
    of(
        POSTFIX,
        &[any(&["too many connections", "too much mail", "too many errors", "too many new tls"], Cause::RateLimited)],
    ),
    of(POSTFIX_SCREEN, &[any(&["all server ports are busy"], Cause::RateLimited)]),
    of(EXIM, &[any(&["too many concurrent*", "too many messages"], Cause::RateLimited)]),
    of(SENDMAIL_CF, &[any(&["rate limit*", "too many open connections"], Cause::RateLimited)]),
    of(SENDMAIL_DAEMON, &[any(&["too many smtp sessions"], Cause::RateLimited)]),
    of(MOMENTUM_LIMIT, &[any(&["too many simultaneous*"], Cause::RateLimited)]),
    of(RSPAMD, &[any(&["ratelimit*"], Cause::RateLimited)]),
    of(GOOGLE, &[any(&["too quickly"], Cause::RateLimited)]),
    of(SES, &[any(&["throttl*"], Cause::RateLimited)]),
    of(SENDGRID, &[any(&["too frequent*"], Cause::RateLimited)]),
    of(QQ, &[any(&["frequency limited"], Cause::RateLimited)]),
    of(
        SISIMAI,
        &[any(
            &[
                "connection limit",
                "too many sessions",
                "numerous attempts",
                "please try again slower",
                "try again slower",
                "trop de connexions",
                "unexpected volume",
            ],
            Cause::RateLimited,
        )],
    ),
    of(BOUNCES, &[any(&["slow down", "too many invalid recipients", "too many unknown"], Cause::RateLimited)]),
    of(COLLECTIONS, &[any(&["max messages per session"], Cause::RateLimited)]),
];

pub(super) const WAY: &[Group] = &[
    of(POSTFIX_CLEANUP, &[any(&["too many hops"], Cause::Loop)]),
    of(POSTFIX_CLIENT, &[any(&["loops back to myself"], Cause::Loop)]),
    of(EXIM_RECEIVE, &[any(&["mail loop"], Cause::Loop)]),
    of(SENDMAIL_DELIVER, &[any(&["mail loops back"], Cause::Loop)]),
    of(QMAIL, &[any(&["message is looping"], Cause::Loop)]),
    of(OPENSMTPD_CODES, &[any(&["routing loop"], Cause::Loop)]),
    of(HARAKA, &[any(&["too many received"], Cause::Loop)]),
    of(SISIMAI, &[any(&["hop count exceeded"], Cause::Loop)]),
    of(SISIMAI_HOSTS, &[any(&["exceeded maximum hop count"], Cause::Loop)]),
    of(CHINESE, &[any(&["looping message"], Cause::Loop)]),
    // Size.
    of(POSTFIX, &[any(&["message size exceeds"], Cause::MessageTooLarge)]),
    of(POSTFIX_CLEANUP, &[any(&["message file too big"], Cause::MessageTooLarge)]),
    of(POSTFIX_CLIENT, &[any(&["exceeds size limit"], Cause::MessageTooLarge)]),
    of(EXIM_DELIVER, &[any(&["message is too big"], Cause::MessageTooLarge)]),
    of(SENDMAIL, &[any(&["maximum message size"], Cause::MessageTooLarge)]),
    of(SENDMAIL_DELIVER, &[any(&["message is too large", "message exceeds"], Cause::MessageTooLarge)]),
    of(QMAIL, &[any(&["databytes limit"], Cause::MessageTooLarge)]),
    of(OPENSMTPD, &[any(&["message too big"], Cause::MessageTooLarge)]),
    of(SISIMAI, &[any(&["message too large", "max message size", "size exceeds"], Cause::MessageTooLarge)]),
    of(SISIMAI_HOSTS, &[any(&["too large for this recipient"], Cause::MessageTooLarge)]),
    of(NETEASE, &[any(&["mailsize limit"], Cause::MessageTooLarge)]),
    of(CHINESE, &[any(&["message is too long", "attachment is too long"], Cause::MessageTooLarge)]),
    of(SISIMAI, &[words(&["size limit"], Cause::MessageTooLarge).at(&[Stage::Mail, Stage::Data, Stage::EndOfMessage])]),
];
