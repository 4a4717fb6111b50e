//! What a walk notes for its reason: which terms cost how many lookups, which queries found nothing, and what is wrong with
//! the records that it met. Only a walk that does not end in a pass is made again to note it.

use std::net::IpAddr;

use crate::domain::Domain;
use crate::limits::{MAX_NAMED, MAX_RECORD_SHOWN, MAX_SPF_LOOKUPS, MAX_SPF_NOTHING_TOLD};
use crate::lookup::RecordType;
use crate::trail::shown;

#[derive(Debug, Default)]
pub(super) struct Told {
    costs: Vec<Cost>,
    nothing: Vec<(Domain, RecordType)>,
    remarks: Vec<String>,
}

/// A term that causes queries.
#[derive(Debug)]
struct Cost {
    /// In how many includes and redirects it is.
    depth: usize,
    term: String,
}

impl Told {
    pub(super) fn cost(&mut self, depth: usize, term: &str) {
        self.costs.push(Cost { depth, term: shown(term.as_bytes(), MAX_RECORD_SHOWN) });
    }

    pub(super) fn nothing(&mut self, name: &Domain, record_type: RecordType) {
        if self.nothing.len() < MAX_SPF_NOTHING_TOLD
            && !self.nothing.iter().any(|(n, t)| n == name && *t == record_type)
        {
            self.nothing.push((name.clone(), record_type));
        }
    }

    /// Forgets a query that is expected to find nothing, as those of `exists` are.
    pub(super) fn expected(&mut self, name: &Domain, record_type: RecordType) {
        self.nothing.retain(|(n, t)| n != name || *t != record_type);
    }

    pub(super) fn remark(&mut self, domain: &Domain, remark: &str) {
        let remark = format!("in the record of {domain} {remark}");
        if self.remarks.len() < MAX_NAMED && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What each term of a record costs, of the record where there is more than one such term.
    pub(super) fn costs(&self) -> String {
        let mut costs = &self.costs[..];
        let mut depth = 0;
        // Where everything is in one include, or behind one redirect, it is the terms in there that tell.
        while let [only, inner @ ..] = costs
            && !inner.is_empty()
            && inner.iter().all(|cost| cost.depth > only.depth)
        {
            costs = inner;
            depth = only.depth + 1;
        }
        let mut told: Vec<(&str, usize)> = Vec::new();
        for cost in costs {
            match told.last_mut() {
                Some((_, count)) if cost.depth > depth => *count += 1,
                _ => told.push((&cost.term, 1)),
            }
        }
        let last = told.len().saturating_sub(1);
        let each = told.iter().enumerate().map(|(index, (term, count))| match index == last {
            // The evaluation ended there.
            true => format!("{term} at least {count}"),
            false => format!("{term} {count}"),
        });
        let each: Vec<String> = each.take(MAX_SPF_LOOKUPS as usize + 1).collect();
        format!("{} (lookups of each, its own included)", each.join(", "))
    }

    /// Which queries found nothing, and why that may be; `None` where all found something.
    pub(super) fn found_nothing(&self, ip: IpAddr) -> Option<String> {
        if self.nothing.is_empty() {
            return None;
        }
        let one = |(name, record_type): &(Domain, RecordType)| format!("{record_type} of {name}");
        let mut queries: Vec<String> = self.nothing.iter().take(MAX_NAMED).map(one).collect();
        if self.nothing.len() > MAX_NAMED {
            queries.push(format!("{} more", self.nothing.len() - MAX_NAMED));
        }
        let six = ip.is_ipv6() && self.nothing.iter().any(|(_, record_type)| *record_type == RecordType::Aaaa);
        let why = if six { ", since the client has an IPv6 address and these hosts have none" } else { "" };
        Some(format!("nothing was found for {}{why}", queries.join(", ")))
    }
}
