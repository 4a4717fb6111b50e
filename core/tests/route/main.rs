//! Routes: the policy's document, admission, rules, and the decision that they make.

mod admission;
mod decisions;
mod document;
mod matching;
mod proofs;
mod properties;
mod quotas;
mod tenants;
mod warned;
mod world;
