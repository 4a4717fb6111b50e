//! Where two verdicts on one message differ, one by each standard, and why.

use std::fmt::Write;

use super::suffix::{organizational_domain, public_suffix};
use crate::dmarc::alignment::Aligned;
use crate::dmarc::discovery::{AppliedPolicy, Discovery, PolicyDiscovery};
use crate::dmarc::record::{Psd, Standing};
use crate::dmarc::verdict::{Authenticated, Verdict};
use crate::domain::Domain;
use crate::limits::MAX_DIFFERENCES_NAMED;

/// What is different, as a sentence for people, between the verdict by RFC 9989 and the one by RFC 7489, and what makes it so; `None` when they agree in
/// result, policy record, policy, disposition and alignment.
///
/// Each verdict comes with the discovery that it was [concluded](Discovery::conclude) from, both of one message and from the
/// same answers. `identifiers` are those that were authenticated, or might have been.
pub fn difference(
    by_rfc9989: (&Discovery, &Verdict),
    by_rfc7489: (&Discovery, &Verdict),
    identifiers: &[Authenticated],
) -> Option<String> {
    let ((new, new_verdict), (old, old_verdict)) = (by_rfc9989, by_rfc7489);
    let what = what(new_verdict, old_verdict);
    if what.is_empty() {
        return None;
    }
    let mut why = Vec::new();
    let policies = of_policies(new, old);
    let alignments = of_alignments(new, old, identifiers);
    // The organizational domain decides about both, and about nothing else.
    if policies.is_some() || !alignments.is_empty() {
        why.extend(of_organizational_domains(new, old));
    }
    why.extend(policies);
    why.extend(of_records(new, old).into_iter().map(str::to_owned));
    why.extend(alignments);
    let mut text = format!("RFC 9989 / RFC 7489: {}", what.join(", "));
    if !why.is_empty() {
        // Writing to a string cannot fail.
        _ = write!(text, "; because {}", why.join("; "));
    }
    Some(text)
}

/// The members of the report that differ.
fn what(new: &Verdict, old: &Verdict) -> Vec<String> {
    let name = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let methods = |verdict: &Verdict| match &verdict.aligned_by[..] {
        [] => "nothing".to_owned(),
        methods => methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" and "),
    };
    let domain = |verdict: &Verdict| name(verdict.policy_domain.as_ref().map(ToString::to_string));
    let policy = |verdict: &Verdict| name(verdict.policy.map(|policy| policy.to_string()));
    let disposition = |verdict: &Verdict| match verdict.pct {
        Some(pct) => format!("{} (pct={pct})", verdict.disposition),
        None => verdict.disposition.to_string(),
    };
    let result = |verdict: &Verdict| verdict.result.as_str().to_owned();
    [
        ("result", result(new), result(old)),
        ("policy record", domain(new), domain(old)),
        ("policy", policy(new), policy(old)),
        ("disposition", disposition(new), disposition(old)),
        ("aligned by", methods(new), methods(old)),
    ]
    .into_iter()
    .filter(|(_, new, old)| new != old)
    .map(|(member, new, old)| format!("{member} {new} / {old}"))
    .collect()
}

/// Where the policy record stands, or why none applies.
fn of_policies(new: &Discovery, old: &Discovery) -> Option<String> {
    let same = std::mem::discriminant(&new.policy) == std::mem::discriminant(&old.policy) && same_domain(new, old);
    let tells = |policy: &PolicyDiscovery| match policy {
        PolicyDiscovery::Found(applied) => format!("applies the record of {}", applied.domain),
        PolicyDiscovery::Absent => "finds no record".to_owned(),
        PolicyDiscovery::Unusable { domain } => format!("cannot use the record of {domain}"),
        PolicyDiscovery::Several { domain } => format!("stops at {domain}, which has several records"),
        PolicyDiscovery::Failed { domain, .. } => format!("got no answer about the record of {domain}"),
    };
    (!same).then(|| format!("RFC 9989 {}, RFC 7489 {}", tells(&new.policy), tells(&old.policy)))
}

/// Whether both discoveries ended at the same name.
fn same_domain(new: &Discovery, old: &Discovery) -> bool {
    ended_at(&new.policy) == ended_at(&old.policy)
}

fn ended_at(policy: &PolicyDiscovery) -> Option<&Domain> {
    match policy {
        PolicyDiscovery::Absent => None,
        PolicyDiscovery::Found(applied) => Some(&applied.domain),
        PolicyDiscovery::Unusable { domain }
        | PolicyDiscovery::Several { domain }
        | PolicyDiscovery::Failed { domain, .. } => Some(domain),
    }
}

fn of_organizational_domains(new: &Discovery, old: &Discovery) -> Option<String> {
    let (author, list) = (&old.author, old.organizational_domain.as_ref()?);
    let suffix = match list {
        list if *list == public_suffix(author) => "a public suffix itself".to_owned(),
        _ => format!("below the public suffix {}", public_suffix(author)),
    };
    let tree = match &new.organizational_domain {
        Some(tree) if tree == list => return None,
        Some(tree) => {
            let psd = match &new.decided_by {
                Some((at, Psd::Yes)) => format!(" (psd=y at {at})"),
                Some((at, Psd::No)) => format!(" (psd=n at {at})"),
                Some((at, Psd::Unsaid)) => format!(" (the record of {at} is the highest)"),
                None => String::new(),
            };
            format!("{tree} by the tree walk{psd}")
        }
        None => return None,
    };
    Some(format!("the organizational domain of {author} is {tree} and {list} by the public suffix list ({suffix})"))
}

/// How the two read one record.
fn of_records(new: &Discovery, old: &Discovery) -> Vec<&'static str> {
    const P: &str = "p is not right behind v, as RFC 7489 §6.3 wants it";
    const NP: &str = "np is not valid, and RFC 7489 does not know it";
    let (new, old): (&AppliedPolicy, &AppliedPolicy) = match (&new.policy, &old.policy) {
        _ if !same_domain(new, old) => return Vec::new(),
        // One text, of which one reading is of no use: the other tags that count are read in the same way.
        (PolicyDiscovery::Found(_), PolicyDiscovery::Unusable { .. }) => return vec![P],
        (PolicyDiscovery::Unusable { .. }, PolicyDiscovery::Found(_)) => return vec![NP],
        (PolicyDiscovery::Found(new), PolicyDiscovery::Found(old)) => (new, old),
        _ => return Vec::new(),
    };
    let mut why = Vec::new();
    match (new.record.standing(), old.record.standing()) {
        (Standing::AsPublished, Standing::AsNone) => why.push(P),
        (Standing::AsNone, Standing::AsPublished) => why.push(NP),
        _ if new.policy.is_none() => {
            why.push("whether the author domain exists could not be found out, and RFC 7489 does not know np");
        }
        _ if new.policy != old.policy => {
            why.push("the author domain does not exist and RFC 9989 applies np, which RFC 7489 does not know");
        }
        _ => {}
    }
    if new.record.testing {
        why.push("t=y asks for one level less, and RFC 7489 does not know it");
    }
    if old.record.pct.is_some_and(|pct| pct < 100) {
        why.push("pct is historic by RFC 9989");
    }
    why
}

/// The identifiers that are aligned by one standard and not by the other.
fn of_alignments(new: &Discovery, old: &Discovery, identifiers: &[Authenticated]) -> Vec<String> {
    let mut why: Vec<String> = Vec::new();
    for identifier in identifiers {
        // Where a standard applies no record, it is not the alignments that make the difference.
        let (Some(tree), Some(list)) = (new.aligned_as_asked(identifier), old.aligned_as_asked(identifier)) else {
            continue;
        };
        if tree == list || why.len() >= MAX_DIFFERENCES_NAMED {
            continue;
        }
        let (name, theirs) = (&identifier.domain, organizational_domain(&identifier.domain));
        let related = old.organizational_domain.as_ref() == Some(&theirs);
        let told = match (tree, list) {
            (Aligned::Unknown, _) => format!("RFC 9989 could not find out whether {name} is aligned"),
            (_, Aligned::Yes) => format!("{name} is aligned by the list, its organizational domain being {theirs}"),
            // Only a record that asks for strict alignment tells domains apart that the list has as one.
            _ if related => format!("{name} is not aligned where strict alignment is asked for"),
            _ => format!("{name} is not aligned by the list, its organizational domain being {theirs}"),
        };
        if !why.contains(&told) {
            why.push(told);
        }
    }
    why
}
