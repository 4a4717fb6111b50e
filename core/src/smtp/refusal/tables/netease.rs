//! The wordings of NetEase: 163.com, 126.com and yeah.net. A code of two parts comes first: `MI:SFQ`. Its limits are 550
//! and 554 though they pass.

use super::{Cause, Group, Party, Stage, any, words};

const DAY: &str = "NetEase counts what a sender sends in a day and refuses the rest for good, but only that day. Send less, and what is \
    left tomorrow.";
const SLOWER: &str = "More than NetEase takes from one address or sender at a time. Send more slowly, over fewer connections, and try \
    again after some minutes.";
const BANNED: &str =
    "NetEase has the address or sender on a list of its own. Stop the cause, then ask its postmaster for a review.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "NetEase Mail help center, common questions on returned mail of companies (help.mail.163.com), as repeated word for word at \
        blog.csdn.net/weixin_39937412/article/details/119584218",
    date: "2026-11-28",
    rules: &[
        words(&["hl:rep"], Cause::Reputation).advise(
            "Too many recipients did not exist. Remove them from the list, check for abuse, and try again later.",
        ),
        any(&["hl:icc", "hl:ifc", "hl:ifq", "hl:itc"], Cause::RateLimited).advise(SLOWER),
        words(&["hl:mep"], Cause::Reputation).advise(
            "Too much mail came with senders' domains that are forged. Send from domains of one's own that exist.",
        ),
        any(&["mi:cel", "mi:ccl", "rp:ccl", "rp:cel"], Cause::Protocol)
            .advise("The client gives too many commands, or too many that are wrong. Correct it."),
        any(&["mi:dmc"], Cause::RateLimited).advise("Send fewer messages over one connection."),
        any(&["rp:drc", "rp:rcl", "too much recipient"], Cause::TooManyRecipients),
        any(&["mi:sfq", "rp:qrc"], Cause::RateLimited).advise(SLOWER),
        any(&["mi:stc", "rp:trc"], Cause::SendingLimit).advise(DAY),
        words(&["dt:rbl"], Cause::Blocked),
        any(&["wm:bli", "hl:ipb", "hl:ihu", "ip in blacklist"], Cause::Blocked).advise(BANNED),
        any(&["wm:blu", "mi:spb", "user in blacklist"], Cause::Reputation).advise(BANNED),
        words(&["smtp auth error limit exceed"], Cause::RateLimited)
            .advise("Too many logins from this address failed. Correct user name and password, and wait."),
        words(&["too much fail authentication"], Cause::AuthenticationFailed).advise(
            "Too many logins failed. Use the authorization code of the account in place of its password, and wait.",
        ),
        words(&["dt:sum"], Cause::BadSenderAddress)
            .advise("The sender in MAIL and the one in From differ. Make them the same address.")
            .who(Party::Sender),
        words(&["dt:spm"], Cause::Spam),
        words(&["mi:nhd"], Cause::Protocol).advise(crate::smtp::refusal::stages::HELO),
        words(&["mi:imf"], Cause::BadSenderAddress),
        words(&["mi:spf"], Cause::SpfFailed),
        words(&["mi:dma"], Cause::DmarcFailed),
        words(&["rp:frl"], Cause::RelayDenied),
        words(&["illegal attachment"], Cause::DangerousContent),
        words(&["exceeded mailsize limit"], Cause::MessageTooLarge),
        words(&["null sender is not allowed"], Cause::BadSenderAddress),
        words(&["local user only"], Cause::SenderNotAllowed).who(Party::Sender).advise(
            "This host takes mail of NetEase's own users only. Send to the host that the recipient's MX record names.",
        ),
        words(&["no smtp mx only"], Cause::SenderNotAllowed).who(Party::Sender).advise(
            "This host takes mail from outside only. Send for NetEase's own users by its submission server, logged in.",
        ),
        words(&["authentication is required"], Cause::AuthenticationRequired),
        words(&["invalid user"], Cause::NoSuchMailbox),
        words(&["user suspended"], Cause::MailboxDisabled),
        words(&["authentication failed"], Cause::AuthenticationFailed).at(&[Stage::Auth, Stage::Unknown]),
    ],
}];
