//! Block lists, and filters that many servers have in front.

use super::{Cause, Group, Party, any, words};

const SPAMHAUS: &str = "Spamhaus lists the sending address or a domain of the message. Look it up at check.spamhaus.org, remove the \
    reason, and ask for removal there.";

pub(in super::super) const GROUPS: &[Group] = &[
    Group {
        source: "Spamhaus, Frequently Asked Questions (www.spamhaus.org/faqs); ZoneMTA, bounce rules",
        date: "2026-11-28",
        rules: &[
            any(&["pbl", "policy block list", "policy blocklist"], Cause::Blocked).advise(
                "The sending address is on Spamhaus's list of addresses that should not send mail directly. Send by the provider's \
                 server, or have the address taken off the list at check.spamhaus.org.",
            ),
            any(&["dbl.spamhaus.org", "spamhaus dbl", "multi.surbl.org", "multi.uribl.com", "uribl"], Cause::Blocked).who(Party::Sender).advise(
                "A domain that the message names or links to is on a list. Look it up there, and leave it out or have it removed.",
            ),
            any(&["spamhaus*", "spl-xbl", "sbl-xbl", "shxbl"], Cause::Blocked).advise(SPAMHAUS),
            any(&["spamhaus.org/query*", "spamhaus.org/lookup*", "spamhaus.org/sbl*"], Cause::Blocked).quoted().advise(SPAMHAUS),
        ],
    },
    Group {
        source: "How to deal with \"host blocked using Barracuda reputation\" (tig.csail.mit.edu); Barracuda, SMTP Error Codes (campus.barracuda.com)",
        date: "2026-11-28",
        rules: &[
            any(&["barracuda reputation", "barracudacentral*", "bbl.barracudacentral*"], Cause::Blocked).quoted().advise(
                "Barracuda's list has the sending address, or one that the message passed. Ask for removal at barracudacentral.org.",
            ),
            words(&["permanent failure for one or more recipients", ":blocked"], Cause::Policy).quoted().advise(
                "The recipient's Barracuda filter blocks this sender, address or content. The recipient's administrator can see why in its log.",
            ),
        ],
    },
    Group {
        source: "ZoneMTA, bounce rules (github.com/zone-eu/zone-mta, config/bounces.txt)",
        date: "2026-11-28",
        rules: &[
            any(&["csi.cloudmark.com*"], Cause::Blocked)
                .quoted()
                .advise("Cloudmark's list has the sending address. Stop the spam, then ask for a reset at csi.cloudmark.com."),
            any(
                &["blocklist*", "block list", "blacklist*", "black list", "black listed", "block listed", "blocked using", "dnsbl", "dnsbls", "rbl", "rbl+",
                  "spamcop*", "sorbs*", "senderscore*", "junkemailfilter*", "realtime block*", "lookup site", "cbl.abuseat.org", "backscatterer*",
                  "uceprotect*", "spamrl.com", "found in dns*", "spammer list", "is listed at", "is listed by", "is listed on", "is listed in"],
                Cause::Blocked,
            ),
            any(&["sorbs.net/lookup*", "dnsbl.sorbs.net*", "spamcop.net/bl*", "spamrl.com*"], Cause::Blocked).quoted(),
            any(&["is_blocked*", "your ip has been blocked", "your ip is blocked", "ip address is blocked", "ip blocked", "banned sending ip", "ip banned",
                  "mail from ip banned", "black ip", "ip address was rejected", "ip rejected", "your ip identified as spammer"],
                Cause::Blocked),
            any(&["client host", "access denied"], Cause::Blocked).reply(554).at(&[super::Stage::Greeting]),
            any(&["poor reputation", "bad reputation", "reputation problems", "reputation"], Cause::Reputation),
            any(&["currently sending spam"], Cause::Blocked),
            any(&["geographical location", "countries.nerd.dk"], Cause::Policy),
            any(&["local policy violation"], Cause::Policy),
        ],
    },
];
