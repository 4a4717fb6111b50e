//! Admission: which `[[relay]]` lets a client send through us, or the reply.
//!
//! A client is admitted if one entry admits it, and an entry admits it if all that the entry asks for is there: the address, TLS,
//! AUTH, the sender, the proof of the tenant, in this order. Where none does, the one that came furthest speaks: whoever has
//! everything but a registered sender is told of the sender, not that they are a stranger.
//!
//! Who has authenticated is bound to the senders of the account, whichever entry it is.

mod spf;
mod tenant;

use crate::domain::Domain;
use crate::lookup::{Answers, Pending};
use crate::mailbox::Mailbox;
use crate::message::Header;
use crate::route::facts::Message;
use crate::route::policy::{NullSender, Policy, Relay, Senders, Tenant};
use crate::route::replies::{Reason, Reply};
use crate::route::request::Session;
use crate::time::UnixTime;
use crate::trail::Trail;

pub(crate) use spf::lists;
pub use spf::{SpfFault, SpfFaults, Unanswered};

/// Where the rules of admission are written.
const SOURCE: &str = "[[relay]]";

/// What came of admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    pub(crate) outcome: Outcome,
    /// The proof of the tenant decides, and it comes with the content.
    pub(crate) late: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// By the entry with this number.
    Admitted(usize),
    /// By none.
    Refused {
        reply: Reply,
        /// Whether the client is an account of ours, so that it is no stranger either.
        is_ours: bool,
    },
}

/// How far an entry goes along with a client.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    Admits,
    /// It admits if the content proves the tenant.
    Open,
    Refuses(Stage, Reply),
    /// Whether the address is listed could not be found out: nothing behind that is looked at.
    Unknown,
}

/// What an entry asks for, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Address,
    Tls,
    Auth,
    Sender,
    Tenant,
}

/// Asks every entry.
pub(crate) fn admit(
    policy: &Policy,
    session: &Session,
    from: Option<&Mailbox>,
    message: Option<&Message>,
    now: UnixTime,
    answers: &mut Answers,
    trail: &mut Trail,
) -> Result<Admission, Pending> {
    let client = Client { policy, session, from, message, now };
    let mut rests_on_content = false;
    let mut best: Option<(usize, Progress)> = None;
    // Networks cost nothing: those entries whose addresses come from the DNS are asked when no other admits.
    let (cheap, costly): (Vec<_>, Vec<_>) =
        policy.relays.iter().enumerate().partition(|(_, relay)| !client.needs_dns(relay));
    for (_, relay) in &costly {
        spf::note(relay, session.peer, answers);
    }
    for (number, relay) in cheap.into_iter().chain(costly) {
        let progress = client.progress(relay, answers)?;
        rests_on_content |= client.rests_on_content(relay, &progress);
        client.tell(relay, &progress, trail);
        if best.as_ref().is_none_or(|(_, best)| progress.reach() > best.reach()) {
            let is_over = progress == Progress::Admits;
            best = Some((number, progress));
            if is_over {
                break;
            }
        }
    }
    let is_ours = session.user.is_some();
    let refused = |reply| Outcome::Refused { reply, is_ours };
    let outcome = match best {
        None => refused(Reason::Stranger.reply()),
        Some((number, Progress::Admits | Progress::Open)) => Outcome::Admitted(number),
        Some((_, Progress::Unknown)) => refused(Reason::Dns.reply()),
        Some((_, Progress::Refuses(_, reply))) => refused(reply),
    };
    let late = match &outcome {
        Outcome::Admitted(number) => policy.relays.get(*number).is_some_and(|relay| client.wants_proof(relay)),
        Outcome::Refused { .. } => rests_on_content,
    };
    Ok(Admission { outcome, late })
}

impl Progress {
    /// More is further.
    fn reach(&self) -> (u8, Option<Stage>) {
        match self {
            Self::Refuses(stage, _) => (0, Some(*stage)),
            Self::Unknown => (1, None),
            Self::Open => (2, None),
            Self::Admits => (3, None),
        }
    }
}

/// All that has a say in admission.
struct Client<'a> {
    policy: &'a Policy,
    session: &'a Session,
    from: Option<&'a Mailbox>,
    message: Option<&'a Message>,
    now: UnixTime,
}

impl Client<'_> {
    fn needs_dns(&self, relay: &Relay) -> bool {
        !relay.spf.is_empty() && self.session.peer.is_some_and(|peer| !relay.peers.contains(peer))
    }

    fn progress(&self, relay: &Relay, answers: &mut Answers) -> Result<Progress, Pending> {
        let is_listed = match self.session.peer {
            _ if !relay.lists_peers() => Some(true),
            None => Some(false),
            Some(peer) if relay.peers.contains(peer) => Some(true),
            Some(peer) => spf::lists(relay, peer, answers)?,
        };
        if is_listed == Some(false) {
            return Ok(Progress::Refuses(Stage::Address, Reason::Stranger.reply()));
        }
        if is_listed.is_none() {
            // What the account may not do, no address makes good.
            return Ok(match self.unregistered() {
                Some(reply) => Progress::Refuses(Stage::Sender, reply),
                None => Progress::Unknown,
            });
        }
        if relay.require_tls && !self.session.tls {
            return Ok(Progress::Refuses(Stage::Tls, Reason::TlsRequired.reply()));
        }
        if relay.require_auth && !self.is_account_of(relay) {
            return Ok(Progress::Refuses(Stage::Auth, Reason::AuthenticationRequired.reply()));
        }
        if let Some((stage, reply)) = self.sender(relay) {
            return Ok(Progress::Refuses(stage, reply));
        }
        Ok(match self.wants_proof(relay) {
            false => Progress::Admits,
            true => self.proof(relay),
        })
    }

    /// The refusal of a sender that is not registered for the account, which binds it whichever entry is asked.
    fn unregistered(&self) -> Option<Reply> {
        let (from, user) = (self.from?, self.session.user.as_ref()?);
        let account = self.policy.accounts.get(user)?;
        (!account.senders.contains(Some(from))).then(|| not_registered(from, user))
    }

    /// Whether the client is authenticated, as somebody whom the entry's users have, where it names users.
    fn is_account_of(&self, relay: &Relay) -> bool {
        let user = self.session.user.as_ref();
        user.is_some_and(|user| relay.users.is_none() || relay.accounts.contains(user))
    }

    /// Why the sender is not admitted.
    fn sender(&self, relay: &Relay) -> Option<(Stage, Reply)> {
        let account = self.session.user.as_ref();
        let Some(from) = self.from else { return self.null_sender(relay) };
        if let Some(reply) = self.unregistered() {
            return Some((Stage::Sender, reply));
        }
        if let Some(user) = account
            && relay.senders == Senders::Registered
            && !self.policy.accounts.contains_key(user)
        {
            return Some((Stage::Sender, not_registered(from, user)));
        }
        match relay.senders {
            Senders::OwnDomains if !self.policy.is_own_address(from) => {
                Some((Stage::Sender, Reason::ForeignSender.reply()))
            }
            Senders::Registered if account.is_none() => Some((Stage::Auth, Reason::AuthenticationRequired.reply())),
            _ => None,
        }
    }

    /// Why the null sender is not admitted.
    fn null_sender(&self, relay: &Relay) -> Option<(Stage, Reply)> {
        let is_admitted = self.session.user.is_some()
            || match relay.null_sender {
                NullSender::AuthOrEhlo => relay.lists_peers() && self.greets_as_ours(),
                NullSender::Tenant => relay.lists_peers() && relay.tenant.is_some(),
            };
        (!is_admitted).then(|| {
            let mut reply = Reason::NullSender.reply();
            if relay.null_sender == NullSender::Tenant {
                reply.text = "The null sender needs AUTH, or the proof of the tenant from a listed address".into();
            }
            (Stage::Sender, reply)
        })
    }

    fn greets_as_ours(&self) -> bool {
        let name = Domain::parse(&self.session.helo).ok();
        name.is_some_and(|name| name == self.policy.hostname || self.policy.domains.has_host(&name))
    }

    /// An account is proof enough.
    fn wants_proof(&self, relay: &Relay) -> bool {
        relay.tenant.is_some() && self.session.user.is_none()
    }

    /// Whether what the entry says may be another thing when the content is known.
    fn rests_on_content(&self, relay: &Relay, progress: &Progress) -> bool {
        let is_behind = matches!(progress, Progress::Refuses(Stage::Tenant, _) | Progress::Open | Progress::Admits);
        self.wants_proof(relay) && is_behind
    }

    fn proof(&self, relay: &Relay) -> Progress {
        let (Some(message), Some(tenant)) = (self.message, &relay.tenant) else { return Progress::Open };
        let refused = |reason: Reason| Progress::Refuses(Stage::Tenant, reason.reply());
        match tenant {
            Tenant::Header { name, value, .. } => match tenant::has_header(message, name, value.expose()) {
                true => Progress::Admits,
                false => refused(Reason::TenantUnproven),
            },
            Tenant::Dkim { selectors, max_age } => {
                match tenant::signature(self.policy, message, selectors.as_ref(), *max_age, self.now) {
                    tenant::Signed::Yes => Progress::Admits,
                    tenant::Signed::No => refused(Reason::TenantUnproven),
                    tenant::Signed::Unknown => refused(Reason::Dns),
                }
            }
        }
    }

    fn tell(&self, relay: &Relay, progress: &Progress, trail: &mut Trail) {
        if trail.is_off() {
            return;
        }
        let step = format!("relay {}", relay.name);
        match progress {
            Progress::Admits => trail.push(step, "admits", self.why_admitted(relay), SOURCE),
            Progress::Open => trail.push(step, "open", "the proof of the tenant comes with the content", SOURCE),
            Progress::Unknown => {
                trail.push(step, "unknown", "the DNS did not say whether the address is listed", "RFC 7208 §2.6.6");
            }
            Progress::Refuses(stage, reply) => {
                let what = match stage {
                    Stage::Address => "the address is not listed",
                    Stage::Tls => "TLS is missing",
                    Stage::Auth => "AUTH is missing",
                    Stage::Sender => "the sender is not admitted",
                    Stage::Tenant => "the tenant is not proven",
                };
                trail.push(step, "refuses", format!("{what}: {reply}"), SOURCE);
            }
        }
    }

    fn why_admitted(&self, relay: &Relay) -> String {
        let mut why = Vec::new();
        if relay.lists_peers() {
            why.push("the address is listed".to_owned());
        }
        if let Some(user) = &self.session.user {
            why.push(format!("{user} is authenticated"));
        }
        match (self.from, self.wants_proof(relay)) {
            (Some(from), _) => why.push(format!("{from} may be the sender")),
            (None, _) => why.push("the null sender is admitted".to_owned()),
        }
        if self.wants_proof(relay) {
            why.push("the tenant is proven".to_owned());
        }
        why.join(", ")
    }
}

/// Names the address, the account, and what to do.
fn not_registered(from: &Mailbox, user: &str) -> Reply {
    let mut reply = Reason::SenderNotRegistered.reply();
    let text = format!(
        "{from} is not registered as a sender of the account {user}; ask the administrator to add it to the account's senders"
    );
    reply.text = Reply::new(reply.code, reply.enhanced, text).text;
    reply
}

/// The fields by which tenants prove themselves and that stand on this message: they are secrets, and go no further.
pub(crate) fn secrets<'p>(policy: &'p Policy, header: &Header) -> Vec<&'p str> {
    let mut names: Vec<&str> = Vec::new();
    for relay in &policy.relays {
        if let Some(Tenant::Header { name, .. }) = &relay.tenant
            && !names.iter().any(|known| known.eq_ignore_ascii_case(name))
            && header.named(name).next().is_some()
        {
            names.push(name);
        }
    }
    names
}
