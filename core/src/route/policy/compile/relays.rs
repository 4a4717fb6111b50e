//! `[[relay]]`

use std::collections::{BTreeMap, BTreeSet};

use super::users::UserFiles;
use super::{Reader, once, values};
use crate::limits::{DEFAULT_TENANT_AGE, MAX_POLICY_ENTRIES};
use crate::route::policy::finding::Findings;
use crate::route::policy::networks::Range;
use crate::route::policy::relays::{Account, NullSender, Relay, Senders, Tenant};
use crate::route::policy::routes::Provider;
use crate::route::policy::sections::QueueWhen;
use crate::route::policy::table::{Item, Table, quoted};
use crate::smtp::sasl::Secret;

const RELAY: [&str; 13] = [
    "name",
    "provider",
    "peers",
    "require_auth",
    "require_tls",
    "senders",
    "users",
    "null_sender",
    "tenant",
    "shared",
    "wide",
    "submitted",
    "queue",
];

/// The words of `queue` in `[[relay]]` and `[[rule]]`, and of `when` in `[queue]`.
pub(super) const QUEUE: [(&str, QueueWhen); 3] =
    [("never", QueueWhen::Never), ("on-deferral", QueueWhen::OnDeferral), ("always", QueueWhen::Always)];

impl Reader<'_> {
    pub(super) fn relays(&mut self, table: &Table<'_>, accounts: &mut BTreeMap<String, Account>) -> Vec<Relay> {
        let mut relays = Vec::new();
        let (mut seen, mut files) = (BTreeSet::new(), UserFiles::default());
        if table.list("relay").count() > MAX_POLICY_ENTRIES {
            self.found.error(
                table.place_of("relay"),
                "relay",
                format!("there are more than {MAX_POLICY_ENTRIES} entries"),
            );
            return relays;
        }
        for item in table.list("relay") {
            let Some(table) = item.table(&mut self.found, &RELAY) else { continue };
            let Some(name) = table.name(&mut self.found, "[[relay]]") else { continue };
            once(&mut self.found, &mut seen, &table, &name, "[[relay]]");
            relays.push(self.relay(&table, name, &mut files, accounts));
        }
        relays
    }

    fn relay(
        &mut self,
        table: &Table<'_>,
        name: String,
        files: &mut UserFiles,
        accounts: &mut BTreeMap<String, Account>,
    ) -> Relay {
        let found = &mut self.found;
        let provider = table.item("provider").and_then(|item| item.word(found, &Provider::WORDS));
        let preset = provider.map(Provider::relay);
        let wide = table.flag(found, "wide", false);
        let (mut peers, mut spf) = (Vec::new(), Vec::new());
        for item in table.list("peers") {
            peer(&item, wide, &mut peers, &mut spf, found);
        }
        if let (Some(preset), false) = (preset, table.has("peers")) {
            spf.extend(values::domain(preset.spf).ok());
        }
        let require_auth = table.flag(found, "require_auth", false);
        let require_tls = table.flag(found, "require_tls", preset.is_some_and(|preset| preset.require_tls));
        let senders =
            [("registered", Senders::Registered), ("own-domains", Senders::OwnDomains), ("any", Senders::Any)];
        let senders = table.item("senders").and_then(|item| item.word(found, &senders)).unwrap_or_default();
        let null_sender = [("auth-or-ehlo", NullSender::AuthOrEhlo), ("tenant", NullSender::Tenant)];
        let null_sender = table.item("null_sender").and_then(|item| item.word(found, &null_sender));
        let null_sender = null_sender.unwrap_or(match provider {
            // They never greet with a name of ours.
            Some(_) => NullSender::Tenant,
            None => NullSender::AuthOrEhlo,
        });
        let is_shared = !spf.is_empty() || provider.is_some();
        let shared = table.flag(found, "shared", is_shared);
        if !shared && is_shared {
            let message = "addresses from an SPF record or of a provider are shared by all its customers; this cannot be switched off";
            found.error(table.place_of("shared"), "shared", message);
        }
        let shared = shared || is_shared;
        let submitted = table.flag(found, "submitted", false);
        let queue = table.item("queue").and_then(|item| item.word(found, &QUEUE));
        let tenant = table.item("tenant").and_then(|item| self.tenant(&item));
        let users = table.item("users").and_then(|item| Some((item, item.text(&mut self.found)?)));
        let names = users.map(|(item, path)| self.users(path, item.place(), files, accounts)).unwrap_or_default();
        let relay = Relay {
            name,
            provider,
            peers: peers.into_iter().collect(),
            spf,
            require_auth,
            require_tls,
            senders,
            users: users.map(|(_, path)| path.to_owned()),
            accounts: names,
            null_sender,
            tenant,
            shared,
            wide,
            submitted,
            queue,
        };
        flaws(&relay, table, &mut self.found);
        relay
    }

    fn tenant(&mut self, item: &Item<'_>) -> Option<Tenant> {
        let table = item.table(&mut self.found, &["dkim", "max_age", "header", "value_file"])?;
        match (table.item("dkim"), table.item("header")) {
            (Some(_), Some(_)) | (None, None) => {
                item.wrong(&mut self.found, "a tenant is proven by dkim = true, or by header and value_file");
                None
            }
            (Some(dkim), None) => {
                let found = &mut self.found;
                if table.has("value_file") {
                    found.error(table.place_of("value_file"), "value_file", "this belongs to header");
                }
                let max_age = table.parse(found, "max_age", values::duration).unwrap_or(DEFAULT_TENANT_AGE);
                let selectors = match dkim.is_flag() {
                    true if dkim.flag(found) == Some(true) => None,
                    true => {
                        dkim.wrong(found, "write dkim = true, or the selectors with which the provider signs");
                        return None;
                    }
                    false => {
                        let selector = |text: &str| values::domain(text).map(|selector| selector.to_string());
                        Some(dkim.each(found, selector).into_iter().collect::<BTreeSet<_>>())
                    }
                };
                if selectors.as_ref().is_some_and(BTreeSet::is_empty) {
                    dkim.wrong(found, "there is no selector in it");
                }
                Some(Tenant::Dkim { selectors, max_age })
            }
            (None, Some(header)) => {
                if table.has("max_age") {
                    self.found.error(table.place_of("max_age"), "max_age", "this belongs to dkim");
                }
                let name = header.parse(&mut self.found, super::rules::field_name)?;
                if is_written_by_others(&name) {
                    let message = format!(
                        "messages have a field {name} of their own, and this one is taken away: name one that the provider's rule alone stamps on, such as X-Gateway-Tenant"
                    );
                    header.wrong(&mut self.found, message);
                }
                let (value_file, value) = self.secret(&table, "value_file")?;
                if value.trim() != value || value.chars().any(char::is_control) {
                    let message =
                        "the secret has blanks at its ends or control characters, which a header field would not keep";
                    self.found.error(table.place_of("value_file"), "value_file", message);
                }
                Some(Tenant::Header { name, value_file, value: Secret::new(value) })
            }
        }
    }
}

/// Fields that a message has of its sender, or of the hosts on its way.
const WRITTEN_BY_OTHERS: [&str; 18] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Comments",
    "Keywords",
    "MIME-Version",
    "Received",
    "Return-Path",
    "DKIM-Signature",
    "Authentication-Results",
];
const PREFIXES: [&str; 4] = ["Content-", "Resent-", "List-", "ARC-"];

/// Whether a field is no secret of the provider's rule, of which there has to be one, and which is taken away.
fn is_written_by_others(name: &str) -> bool {
    let begins = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    WRITTEN_BY_OTHERS.iter().any(|other| other.eq_ignore_ascii_case(name)) || PREFIXES.iter().any(|one| begins(one))
}

fn peer(item: &Item<'_>, wide: bool, peers: &mut Vec<Range>, spf: &mut Vec<crate::Domain>, found: &mut Findings) {
    let Some(text) = item.text(found) else { return };
    if let Some(name) = text.trim().strip_prefix("spf:") {
        spf.extend(item.parse(found, |_| values::domain(name)));
        return;
    }
    let Some(range) = item.parse(found, Range::parse) else { return };
    if range.is_wide() && !wide {
        let message = format!(
            "{} is so wide that strangers are in it; where that is meant, write wide = true beside it",
            quoted(text)
        );
        found.flaw(item.place(), "peers", message);
    }
    peers.push(range);
}

/// What makes an entry admit strangers, or nobody. Of what is there and could not be read nothing more is said.
fn flaws(relay: &Relay, table: &Table<'_>, found: &mut Findings) {
    let has_peers = table.list("peers").next().is_some();
    let is_open = !relay.lists_peers() && !relay.require_auth;
    if is_open && !has_peers && !(table.has("provider") && relay.provider.is_none()) {
        let message = "this entry has neither peers nor require_auth = true: whoever comes could send through us";
        found.flaw(table.place, "peers", message);
    }
    if relay.shared && relay.tenant.is_none() && !relay.require_auth && !table.has("tenant") {
        let message = "all customers of this provider send from these addresses; tenant has to prove that a message is ours: \
                       tenant = { header = \"X-Gateway-Tenant\", value_file = \"…\" } or tenant = { dkim = true }";
        found.flaw(table.place, "tenant", message);
    }
    if relay.shared && relay.senders == Senders::Any {
        let message = "any sender is for accounts and addresses of one's own, and these are shared";
        found.flaw(table.place_of("senders"), "senders", message);
    }
    if relay.null_sender == NullSender::Tenant && !table.has("tenant") && table.has("null_sender") {
        found.flaw(table.place_of("null_sender"), "null_sender", "without tenant there is no proof to go by");
    }
    if relay.senders == Senders::Registered && relay.users.is_none() && !table.has("users") {
        found.flaw(
            table.place_of("senders"),
            "users",
            "registered senders are those of users, and no file is named there",
        );
    }
    if relay.senders == Senders::Registered && !relay.require_auth {
        let message =
            "a sender is registered for an account; without AUTH there is none, so that nothing is admitted without it";
        found.warn(table.place_of("senders"), "senders", message);
    }
    // A range that is wide by itself is an error already, unless the document says that it is meant.
    let is_silent = relay.wide || !table.list("peers").any(|item| item.as_text().is_some_and(is_wide));
    if relay.peers.stranger().is_some() && is_silent && relay.trusts_addresses() {
        let message = "together these are so many addresses that strangers are among them, and whoever comes from there can send \
                       through us: list those of your own, or write require_auth = true";
        found.warn(table.place_of("peers"), "peers", message);
    }
    if relay.require_auth && relay.users.is_none() && !table.has("users") {
        let message = "no file of users is named, so nobody can log in at the gateway; a host that embeds the engine may know its users otherwise";
        found.warn(table.place_of("require_auth"), "users", message);
    }
    if relay.provider == Some(Provider::Microsoft365) && matches!(relay.tenant, Some(Tenant::Dkim { .. })) {
        let message = "Microsoft 365 signs neither To nor Cc nor Reply-To, so that messages with one of them are not proven by its signature: \
                       use header and value_file";
        found.warn(table.place_of("tenant"), "tenant", message);
    }
    if relay.tenant.is_some() && !relay.shared {
        let message = "the proof is asked for all the same; shared = true says that the range is one of many customers";
        found.warn(table.place_of("tenant"), "tenant", message);
    }
}

fn is_wide(text: &str) -> bool {
    Range::parse(text).is_ok_and(Range::is_wide)
}
