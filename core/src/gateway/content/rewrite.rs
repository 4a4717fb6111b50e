//! What goes out in the place of what came: all changes, in their order, and what each of them did.
//!
//! ```text
//!  as it came ─▶ forged results, secrets ─▶ rules, in order ─▶ what is missing ─▶ results, Received ─▶ signatures ─▶ as it goes
//! ```
//!
//! Nothing else is changed, and no line that stays has another octet. For each change it is found out, not guessed, which of the
//! signatures that the message came with do not verify any more behind it.

use serde::Serialize;

use super::footer::{self, WhyNot};
use super::keys::KeyStates;
use super::signing::{self, Present, Signed};
use super::{header, submitted};
use crate::dkim::{BodyHash, DkimResult, Verdict};
use crate::domain::Domain;
use crate::gateway::done::Broken;
use crate::message::{EditError, Header};
use crate::route::decide::Group;
use crate::route::policy::{Change, Policy};
use crate::route::{Ledger, roomy};
use crate::setters::setters;
use crate::time::UnixTime;
use crate::trail::Trail;

/// A message that is to go on to a group of recipients, and what is known of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rewrite<'a> {
    /// The policy that decided.
    pub policy: &'a Policy,
    /// The header section, as it came.
    pub header: &'a Header,
    /// The places in the policy of the rules whose changes are made, in order: [`Group::applied`].
    pub rules: &'a [usize],
    /// When.
    pub now: UnixTime,
    /// Our name for the message.
    pub id: &'a str,
    /// The `Received` field, whole ([`smtp::server::Received`](crate::smtp::server::Received)).
    pub received: Option<&'a str>,
    /// The `Authentication-Results` field, whole: the report's, or [`header::nothing_verified`].
    pub results: Option<&'a str>,
    /// What verification said of the signatures, in the order of the fields; nothing where it was not asked.
    pub verdicts: &'a [Verdict],
    /// Whether the message is submitted (RFC 6409), and may be completed.
    pub submitted: bool,
    /// Whether it was admitted as ours: by AUTH, from a range of our own, or with a tenant's proof. Nothing else is signed.
    pub admitted: bool,
    /// What is known of our keys; without it all of them sign.
    pub keys: Option<&'a KeyStates>,
}

/// What is known of the body.
#[derive(Debug)]
pub enum Source<'a> {
    /// It lies elsewhere, or is yet to come, and goes on as it is. Its hash, where it may be signed ([`signing::body_hash`]).
    Elsewhere(Option<BodyHash>),
    /// All of it.
    Whole(&'a [u8]),
}

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewritten {
    /// The header section, with what is put in front, and the empty line.
    pub head: Vec<u8>,
    /// What follows it.
    pub body: Body,
    /// What was done, in order.
    pub made: Vec<Made>,
    /// Who has signed it.
    pub signed: Signed,
}

/// The body that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// As it came, from this octet of the message on.
    Held {
        /// The first octet behind the header section.
        from: u64,
    },
    /// Another one.
    New(Vec<u8>),
}

/// A change that was made, or was asked for and not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Made {
    /// The key of `do`; of what we do on our own account `received`, `authentication_results`, `forged_results`, `remove_header` (the
    /// proof of a tenant), `bcc`, `date` or `message_id`.
    pub action: &'static str,
    /// The rule that asked for it; `None` where we do it on our own account.
    pub rule: Option<String>,
    /// The domains whose signatures it broke. Those that were found to fail before are not among them.
    pub broke: Vec<Domain>,
    /// Why it was not made, or not everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNot>,
}

/// One thing to do.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    ForgedResults,
    Secret(&'a str),
    BlindCopies,
    Rule { name: &'a str, change: &'a Change },
    Date,
    MessageId,
    Results(&'a str),
    Received(&'a str),
}

impl<'a> Rewrite<'a> {
    /// A message for a group of recipients, of which nothing else is known.
    pub fn new(policy: &'a Policy, header: &'a Header, group: &'a Group, now: UnixTime) -> Self {
        Self {
            policy,
            header,
            rules: &group.applied,
            now,
            id: "",
            received: None,
            results: None,
            verdicts: &[],
            submitted: false,
            admitted: false,
            keys: None,
        }
    }

    setters! {
        id: &'a str,
        received: Option<&'a str>,
        results: Option<&'a str>,
        verdicts: &'a [Verdict],
        submitted: bool,
        admitted: bool,
        keys: Option<&'a KeyStates>,
    }

    /// Whether a rule changes the body, so that all of it is needed.
    pub fn needs_body(&self) -> bool {
        self.changes().any(|(_, change)| matches!(change, Change::Footer(_)))
    }

    fn changes(&self) -> impl Iterator<Item = (&'a str, &'a Change)> {
        let policy = self.policy;
        let rules = self.rules.iter().filter_map(move |number| policy.rules.get(*number));
        rules.flat_map(|rule| rule.changes.iter().map(|change| (rule.name.as_str(), change)))
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = vec![Step::ForgedResults];
        steps.extend(crate::route::secrets(self.policy, self.header).into_iter().map(Step::Secret));
        if self.submitted {
            steps.push(Step::BlindCopies);
        }
        steps.extend(self.changes().map(|(name, change)| Step::Rule { name, change }));
        if self.submitted {
            steps.extend([Step::Date, Step::MessageId]);
        }
        steps.extend(self.results.map(Step::Results));
        steps.extend(self.received.map(Step::Received));
        steps
    }

    /// Makes all changes, and signs.
    ///
    /// # Errors
    /// [`EditError`], where nothing can be put in front of the header section, or it is too large to be known: such a message is
    /// refused.
    pub fn finish(&self, source: Source<'_>) -> Result<Rewritten, EditError> {
        if self.header.is_over_limit() {
            return Err(EditError::OverLimit);
        }
        let (original, hash) = match source {
            Source::Elsewhere(hash) => (None, hash),
            Source::Whole(body) => (Some(body), None),
        };
        let mut work = Work::new(self, original);
        for step in self.steps() {
            work.step(step)?;
        }
        let signed = work.sign(hash);
        let made = work.told();
        let Work { header, body, .. } = work;
        let body = match body {
            Some(body) => Body::New(body),
            None => Body::Held { from: self.header.octets().len() as u64 },
        };
        let head = [&signed.fields, header.octets()].concat();
        Ok(Rewritten { head, body, made, signed })
    }
}

/// A message under way.
struct Work<'a> {
    rewrite: &'a Rewrite<'a>,
    original: Option<&'a [u8]>,
    header: Header,
    /// The body, once it is another.
    body: Option<Vec<u8>>,
    ledger: Ledger,
    made: Vec<Made>,
}

impl<'a> Work<'a> {
    fn new(rewrite: &'a Rewrite<'a>, original: Option<&'a [u8]>) -> Self {
        let header = roomy(rewrite.header);
        let fails = |place: usize| {
            let verdict = rewrite.verdicts.get(place).map(|verdict| verdict.result);
            verdict.is_some_and(|result| !matches!(result, DkimResult::Pass | DkimResult::TempError))
        };
        Self { ledger: Ledger::new(&header, fails), rewrite, original, header, body: None, made: Vec::new() }
    }

    fn step(&mut self, step: Step<'_>) -> Result<(), EditError> {
        let Rewrite { policy, now, id, .. } = *self.rewrite;
        let mut why_not = None;
        let (action, rule, changed) = match step {
            Step::ForgedResults => {
                let (changed, count) = header::without_forged_results(&self.header, policy.hostname.as_str())?;
                ("forged_results", None, (count > 0).then_some(changed))
            }
            Step::Secret(name) => ("remove_header", None, Some(self.header.without(|field| field.is(name))?.0)),
            Step::BlindCopies => {
                let (changed, any) = submitted::without_blind_copies(&self.header)?;
                ("bcc", None, any.then_some(changed))
            }
            Step::Rule { name, change: Change::Footer(footer) } => {
                let footed = match self.body.as_deref().or(self.original) {
                    Some(body) => footer::apply(&self.header, body, footer),
                    None => Err(WhyNot::Unread),
                };
                let changed = match footed {
                    Ok(footed) => {
                        why_not = footed.left;
                        self.set_body(footed.body);
                        footed.header
                    }
                    Err(why) => {
                        why_not = Some(why);
                        self.header.clone()
                    }
                };
                ("footer", Some(name), Some(changed))
            }
            Step::Rule { name, change } => (change.as_str(), Some(name), header::changed(&self.header, change)?),
            Step::Date => ("date", None, self.unless_it_breaks(submitted::with_date(&self.header, now)?)),
            Step::MessageId => {
                let changed = submitted::with_message_id(&self.header, id, &policy.hostname, now)?;
                ("message_id", None, self.unless_it_breaks(changed))
            }
            Step::Results(field) => {
                let changed = self.header.prepend(field.as_bytes())?;
                ("authentication_results", None, self.unless_it_breaks(Some(changed)))
            }
            // Without it nobody would notice that the message goes in circles (RFC 5321 §6.3).
            Step::Received(field) => ("received", None, Some(self.header.prepend(field.as_bytes())?)),
        };
        if let Some(changed) = changed {
            self.header = changed;
            self.made.push(Made { action, rule: rule.map(str::to_owned), broke: Vec::new(), why_not });
            self.ledger.note(self.made.len() - 1, &self.header);
        }
        Ok(())
    }

    fn set_body(&mut self, body: Vec<u8>) {
        self.ledger.body(self.original.unwrap_or_default(), &body);
        self.body = Some(body);
    }

    /// A section with what nobody asked for, where no signature breaks by it.
    fn unless_it_breaks(&self, changed: Option<Header>) -> Option<Header> {
        changed.filter(|changed| !self.ledger.would_break(changed))
    }

    /// What was done, each change with the domains whose signatures it broke.
    fn told(&mut self) -> Vec<Made> {
        let mut made = std::mem::take(&mut self.made);
        made.iter_mut().enumerate().for_each(|(number, made)| made.broke = self.ledger.broken_by(number));
        made
    }

    fn sign(&self, hash: Option<BodyHash>) -> Signed {
        let Rewrite { policy, now, admitted, keys, verdicts, .. } = *self.rewrite;
        let Some(sign) = signing::signer(policy, &self.header).filter(|_| admitted) else { return Signed::default() };
        let body = match (self.body.as_deref().or(self.original), hash) {
            (Some(body), _) => {
                let mut hash = BodyHash::new(sign.signer.body_canonicalization());
                hash.push(body);
                hash
            }
            (None, Some(hash)) => hash,
            (None, None) => return Signed::default(),
        };
        let none = KeyStates::new();
        let present = Present { covers: self.ledger.covers(), intact: self.ledger.intact(), verdicts };
        signing::sign(sign, &self.header, body, present, keys.unwrap_or(&none), now)
    }
}

impl Rewritten {
    /// Which changes broke whose signatures.
    pub fn broke(&self) -> Vec<Broken> {
        let made = self.made.iter().filter(|made| !made.broke.is_empty());
        made.map(|made| Broken { rule: made.rule.clone(), action: made.action, domains: made.broke.clone() }).collect()
    }

    /// Tells what was done, each change with whose signatures it broke, and who has signed.
    pub fn tell(&self, trail: &mut Trail) {
        for made in &self.made {
            let who = made.rule.as_ref().map_or_else(|| "the gateway".to_owned(), |rule| format!("rule {rule}"));
            let broke: Vec<&str> = made.broke.iter().map(Domain::as_str).collect();
            let (outcome, mut why) = match &made.why_not {
                Some(why) => ("left", format!("{who}; {}", why.sentence())),
                None => ("changed", who),
            };
            if !broke.is_empty() {
                why.push_str(&format!("; it breaks the signature of {}", broke.join(", ")));
            }
            trail.push(made.action, outcome, why, "RFC 6376 §5.4");
        }
        let Some(domain) = &self.signed.domain else { return };
        for selector in &self.signed.by {
            trail.push("signature", "made", format!("{domain}, selector {selector}"), "RFC 6376 §5");
        }
        for (selector, why) in &self.signed.without {
            let why = format!("{domain}, selector {selector}: {}", why.sentence());
            trail.push("signature", "not made", why, "RFC 6376 §5");
        }
    }
}
