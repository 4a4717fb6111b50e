//! AUTH: accounts of `users.toml`, and the verifiers of their application passwords.

use crate::route::policy::Policy;
use crate::smtp::sasl::server::{Credentials, Decision, Stored};

/// What there is to compare credentials with. The exchange compares, in a time that does not tell who exists.
pub(super) fn stored(policy: &Policy, credentials: &Credentials) -> Decision {
    let account = match credentials {
        Credentials::Password { authcid, .. } | Credentials::Scram { authcid, .. } => policy.accounts.get(authcid),
        // They are not offered.
        Credentials::Bearer { .. } | Credentials::External { .. } => return Decision::Refuse,
    };
    match account.filter(|account| !account.verifiers.is_empty()) {
        Some(account) => {
            let stored =
                |verifier: &crate::route::policy::Verifier| Stored::verifier(verifier.scram.clone()).of_application();
            Decision::Compare(account.verifiers.iter().map(stored).collect())
        }
        // A user without application passwords cannot log in, and is told no more than one who does not exist.
        None => Decision::UnknownUser,
    }
}
