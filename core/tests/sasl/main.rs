//! SASL: each mechanism by its RFC's examples, both sides against each other, and hostile messages to both.

mod bearer;
mod binding;
mod choice;
mod dialogue;
mod hostile;
mod passwords;
mod properties;
mod scram;
mod unknown_users;
mod verifiers;
