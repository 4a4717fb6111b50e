//! How the server on the client's side behaves, by the policy and the kind of port.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::crypto::Hash;
use crate::gateway::{Listener, Setup};
use crate::limits::{GATEWAY_GRACE, MIN_SCRAM_ITERATIONS};
use crate::route::policy::{Account, Conditions, Direction, MX_ROUTE, OUTBOUND_GATEWAY, Policy, Rule};
use crate::smtp::sasl::{self, Mechanism};
use crate::smtp::server::{Decisions, Extensions, Limits, Settings, Timeouts, TlsPolicy};

/// The settings of a session that begins now.
pub(super) fn settings(setup: &Setup, listener: Listener) -> Settings {
    let policy = &*setup.policy;
    let has_tls = setup.server_tls.is_some();
    let auth = (has_tls && !policy.accounts.is_empty()).then(|| Arc::new(auth(setup)));
    let defaults = (Extensions::default(), Limits::default(), Timeouts::default());
    Settings {
        hostname: policy.hostname.to_string(),
        decisions: Decisions {
            auth: true,
            mail: true,
            rcpt: true,
            header: true,
            message: true,
            ..Decisions::default()
        },
        extensions: Extensions {
            dsn: every_route_offers(policy, "DSN"),
            require_tls: every_route_offers(policy, "REQUIRETLS"),
            starttls: has_tls && listener != Listener::Submissions,
            binary_mime: false,
            ..defaults.0
        },
        tls: TlsPolicy {
            implicit: listener == Listener::Submissions,
            // RFC 8314 §4.1: a password is not even asked for in clear text.
            required: listener == Listener::Submission,
        },
        auth,
        auth_required: listener.is_submission(),
        limits: Limits {
            message_size: Some(policy.capacity.message),
            // Loops are looked for where the header section ends.
            received_fields: usize::MAX,
            ..defaults.1
        },
        timeouts: Timeouts {
            command: policy.timeouts.idle,
            // Ours are the deadlines of the policy; the server's own must not come before them.
            decision: policy.timeouts.rcpt.saturating_add(GATEWAY_GRACE),
            message_decision: policy.timeouts.end_of_data.saturating_add(GATEWAY_GRACE),
            ..defaults.2
        },
        trace: setup.trace,
        ..Settings::default()
    }
}

/// Whether an extension can be promised: every route that mail may go by is known to have it.
fn every_route_offers(policy: &Policy, extension: &str) -> bool {
    let by_default = [
        (
            by_default(policy, &[Direction::Outbound]),
            if policy.has_outbound_gateway { OUTBOUND_GATEWAY } else { MX_ROUTE },
        ),
        (by_default(policy, &[Direction::InternalSending, Direction::InternalReceiving]), MX_ROUTE),
    ];
    let is_default = |name: &str| by_default.iter().any(|(used, default)| *used && *default == name);
    let mut routes = policy.routes.values().filter(|route| !route.built_in || is_default(&route.name)).peekable();
    routes.peek().is_some()
        && routes.all(|route| route.offers.iter().any(|offered| offered.eq_ignore_ascii_case(extension)))
}

/// Whether mail of these directions, which are one message's, may go by the route of what no rule decides.
fn by_default(policy: &Policy, directions: &[Direction]) -> bool {
    let decides_all = |rule: &Rule| {
        let rest = Conditions { direction: None, ..rule.conditions.clone() };
        let named = rule.conditions.direction.as_ref();
        rule.verdict.is_some()
            && rule.unless.is_none()
            && rule.unit.depth() == 0
            && rest.is_empty()
            && named.is_none_or(|named| directions.iter().any(|direction| named.contains(direction)))
    };
    let stops_before = policy.rules.iter().take_while(|rule| !decides_all(rule)).any(|rule| rule.stop);
    !policy.relays.is_empty() && (stops_before || !policy.rules.iter().any(decides_all))
}

/// AUTH, inside TLS alone, against the verifiers of the accounts.
fn auth(setup: &Setup) -> sasl::server::Settings {
    let accounts = || setup.policy.accounts.values();
    let verifiers = || accounts().flat_map(|account| &account.verifiers).map(|verifier| &verifier.scram);
    let mut settings = sasl::server::Settings::new(setup.sasl_secret.clone());
    settings.only_inside_tls = true;
    settings.mechanisms = Vec::new();
    if accounts().all(has_scram) && verifiers().next().is_some() {
        settings.mechanisms.extend([Mechanism::ScramSha256Plus, Mechanism::ScramSha256]);
    }
    settings.mechanisms.extend([Mechanism::Plain, Mechanism::Login]);
    // Unknown users seem to have what the others have.
    let first = verifiers().next();
    settings.iterations = first
        .map_or(NonZeroU32::new(MIN_SCRAM_ITERATIONS), |first| Some(first.iterations()))
        .unwrap_or(NonZeroU32::MIN);
    settings.salt_length = first.map_or(settings.salt_length, |first| first.salt().len());
    settings
}

/// Whether SCRAM proves each of an account's passwords: it shows one salt before it knows which one is meant.
fn has_scram(account: &Account) -> bool {
    let mut verifiers = account.verifiers.iter().map(|verifier| &verifier.scram);
    let Some(first) = verifiers.next() else { return true };
    let shown = |scram: &sasl::ScramVerifier| (scram.salt().to_vec(), scram.iterations());
    first.hash() == Hash::Sha256 && verifiers.all(|other| other.hash() == Hash::Sha256 && shown(other) == shown(first))
}
