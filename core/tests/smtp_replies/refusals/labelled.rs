//! Every reply of `replies.txt`: what providers and programs publish, labelled by what their documents say.

use passerelle::smtp::refusal::{Cause, Context, Refusal, Stage, classify};

use super::reply;

/// One line of the file.
struct Labelled {
    provider: Option<&'static str>,
    host: Option<&'static str>,
    stage: Stage,
    reply: &'static str,
    cause: &'static str,
    temporary: bool,
}

impl Labelled {
    fn classify(&self, peer: Option<&str>) -> Refusal {
        classify(&reply(&self.reply.replace("\\n", "\n")), Context::from(peer).at(self.stage))
    }
}

fn labelled() -> Vec<Labelled> {
    let lines = include_str!("replies.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let fields = |line: &'static str| {
        let (provider, rest) = line.split_once(" | ").unwrap();
        let (host, rest) = rest.split_once(" | ").unwrap();
        let (stage, rest) = rest.split_once(" | ").unwrap();
        let (rest, temporary) = rest.rsplit_once(" | ").unwrap();
        let (reply, cause) = rest.rsplit_once(" | ").unwrap();
        let known = |word: &'static str| Some(word).filter(|word| *word != "-");
        assert!(Cause::ALL.iter().any(|known| known.as_str() == cause), "{line}");
        assert!(["temporary", "permanent"].contains(&temporary), "{line}");
        Labelled {
            provider: known(provider),
            host: known(host),
            stage: stage.parse().unwrap(),
            reply,
            cause,
            temporary: temporary == "temporary",
        }
    };
    lines.map(fields).collect()
}

/// At least 95 in 100 agree; those that do not are printed.
#[test]
fn the_labelled_replies_are_understood() {
    let replies = labelled();
    assert!(replies.len() >= 400, "{}", replies.len());
    let mut right = 0;
    for labelled in &replies {
        let found = labelled.classify(labelled.host);
        if found.cause.as_str() == labelled.cause && found.temporary == labelled.temporary {
            right += 1;
        } else {
            let host = labelled.host.unwrap_or("-");
            println!("{host} {}: {} - {}, labelled {}", labelled.stage, labelled.reply, found.cause, labelled.cause);
        }
    }
    println!("{right} of {}", replies.len());
    assert!(100 * right >= 95 * replies.len(), "{right} of {}", replies.len());
}

/// Each has a code that a document knows, so none is `unspecified`; and each names who can act and what can be done. What
/// a provider says in words of its own has the document that says so, too.
#[test]
fn none_with_a_known_code_is_silent() {
    for labelled in labelled() {
        let found = labelled.classify(labelled.host);
        assert_ne!(found.cause, Cause::Unspecified, "{}", labelled.reply);
        assert_eq!(found.source.is_some(), found.date.is_some(), "{}", labelled.reply);
        assert!(found.advice.len() > 20 && found.advice.ends_with('.'), "{}", labelled.reply);
        assert!(found.stage == labelled.stage || labelled.stage == Stage::Unknown, "{}", labelled.reply);
    }
}

#[test]
fn their_providers_are_known() {
    for labelled in labelled() {
        let found = labelled.classify(labelled.host);
        let provider = found.provider.map(|provider| provider.as_str());
        // A filter's mark tells the filter, whoever's host it stands before.
        if labelled.provider.is_some() || provider.is_some() {
            assert_eq!(provider, labelled.provider, "{}", labelled.reply);
        }
    }
}

/// With the provider's signature, the host's name adds nothing: an address in its place gives the same.
#[test]
fn a_peer_named_by_its_address_loses_nothing_where_the_reply_is_signed() {
    let mut signed = 0;
    for labelled in labelled() {
        let google = labelled.reply.ends_with("- gsmtp");
        let microsoft = labelled.reply.ends_with(".prod.outlook.com]");
        let french =
            labelled.reply.contains("OFR") || labelled.reply.contains("LPN") || labelled.reply.contains("SFR_IN_");
        let yahoo = ["[TS", "[BL2", "[PH01]"].iter().any(|mark| labelled.reply.contains(mark));
        let gmx = labelled.reply.contains("Nemesis ESMTP");
        if google || microsoft || french || yahoo || gmx {
            signed += 1;
            let by_name = labelled.classify(labelled.host);
            for peer in [Some("192.0.2.25"), Some("[IPv6:2001:db8::25]"), None] {
                assert_eq!(labelled.classify(peer), by_name, "{peer:?} {}", labelled.reply);
            }
        }
    }
    assert!(signed > 100, "{signed}");
}
