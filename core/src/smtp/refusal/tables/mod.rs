//! What providers, services, filters and programs say, as rules: one file each, each group with the document that it
//! follows.
//!
//! The first rule of a table that fits counts, so what is said of the particular comes before what single words suggest.

pub(super) mod apple;
pub(super) mod firm;
pub(super) mod free;
pub(super) mod gmx;
pub(super) mod google;
pub(super) mod laposte;
pub(super) mod lists;
pub(super) mod mailru;
pub(super) mod microsoft;
pub(super) mod mimecast;
pub(super) mod netease;
pub(super) mod orange;
pub(super) mod ovh;
pub(super) mod proofpoint;
pub(super) mod qq;
pub(super) mod resolvers;
pub(super) mod sendgrid;
pub(super) mod ses;
pub(super) mod sfr;
pub(super) mod wordings;
pub(super) mod yahoo;
pub(super) mod yandex;
pub(super) mod zoho;

use super::Cause;
use super::context::{Party, Stage};
use super::rule::{Group, Rule, any, code, range, words};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::refusal::provider::Provider;

    #[test]
    fn each_group_has_a_source_and_each_rule_something_to_look_for() {
        let shared =
            [resolvers::GROUPS, firm::GROUPS, lists::GROUPS].into_iter().chain(wordings::TABLES.iter().copied());
        for groups in Provider::ALL.iter().map(|provider| provider.groups()).chain(shared) {
            assert!(!groups.is_empty());
            for group in groups {
                // A title or a program, and where it is found.
                let told = [" (", "RFC ", ", "].iter().any(|sign| group.source.contains(sign));
                assert!(told && group.source.len() > 10, "{}", group.source);
                assert!(!group.rules.is_empty(), "{}", group.source);
                let date = group.date.split('-').all(|part| part.parse::<u16>().is_ok());
                assert!(date && group.date.starts_with("20"), "{}", group.date);
                for rule in group.rules {
                    for phrase in rule.phrases() {
                        assert_eq!(*phrase, phrase.to_lowercase(), "{}", group.source);
                        assert!(!phrase.is_empty() && !phrase.contains("  "), "{}", group.source);
                    }
                    assert!(rule.advice.is_none_or(|advice| advice.ends_with('.')), "{:?}", rule.advice);
                }
            }
        }
    }
}
