//! What the message decides.

use std::collections::VecDeque;

use super::client::Client;
use super::dmarc::Dmarc;
use super::steps::Findings;
use super::{HeaderSection, Queued, Settings};
use crate::dkim::{KeyRequest, Verdict, Verifier};
use crate::domain::Domain;
use crate::evaluate::Run;
use crate::lookup::Answers;
use crate::message::{Authorship, Header, SingularCounts, authorship};
use crate::results::{self, Provider};
use crate::time::Now;

/// The checks of a message whose header section is complete.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) dkim: Verifier,
    keys: Vec<Key>,
    /// Whether the end of the header section has been told, and which signatures' verdicts.
    is_told: bool,
    told: Vec<bool>,
    pub(super) dmarc: Dmarc,
    pub(super) author: Authorship,
    pub(super) findings: Findings,
    /// What a server that is trusted said.
    pub(super) provider: Option<Provider>,
}

/// One signature's key.
#[derive(Debug)]
struct Key {
    run: Run<KeyRequest>,
    is_handed_in: bool,
}

impl Content {
    pub(super) fn new(settings: &Settings, client: &Client, header: &Header, now: Now) -> Self {
        let dkim = Verifier::new(header, &settings.dkim, now.unix);
        let key = |request| Key { run: Run::new(request), is_handed_in: false };
        let keys = dkim.key_requests().into_iter().map(key).collect();
        let told = vec![false; dkim.signatures().len()];
        let identifiers: Vec<Domain> = client.spf_domain.iter().chain(dkim.domains()).cloned().collect();
        let others: Vec<Domain> = dkim.closed_domains().cloned().collect();
        let author = authorship(header);
        let dmarc = Dmarc::new(settings, &author, &identifiers, &others);
        let forged_results = header.fields().filter(|field| results::forged(field, &settings.authserv_id)).count();
        let findings =
            Findings { forged_results, singular: SingularCounts::of(header), headers_only: header.is_headers_only() };
        let provider = Provider::topmost(header, &settings.trusted_authserv_ids);
        Self { dkim, keys, is_told: false, told, dmarc, author, findings, provider }
    }

    pub(super) fn advance(&mut self, answers: &mut Answers) -> bool {
        let mut decided = true;
        for (request, key) in self.keys.iter_mut().enumerate() {
            match key.run.advance(answers) {
                Some(_) if key.is_handed_in => {}
                Some(answer) => {
                    self.dkim.key(request, answer.clone());
                    key.is_handed_in = true;
                }
                None => decided = false,
            }
        }
        decided & self.dmarc.advance(answers)
    }

    /// Says that the header section is complete, if that is new, and which verdicts are.
    pub(super) fn tell(&mut self, queue: &mut VecDeque<Queued>) {
        if !std::mem::replace(&mut self.is_told, true) {
            queue.push_back(Queued::Header);
        }
        for (index, told) in self.told.iter_mut().enumerate() {
            if !*told && self.dkim.verdict(index).is_some() {
                *told = true;
                queue.push_back(Queued::Signature(index));
            }
        }
    }

    /// What there is to be told at the end of the header section.
    pub(super) fn header(&self) -> HeaderSection {
        HeaderSection::new(&self.author, self.dkim.signatures())
    }

    /// The verdict on a signature, once it is known.
    pub(super) fn signature(&self, index: usize) -> Option<Verdict> {
        self.dkim.verdict(index).cloned()
    }
}
