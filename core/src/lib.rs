//! Passerelle: an SMTP and mail-authentication engine that does no I/O.
//!
//! The engine is handed bytes, answers and the time, and hands back bytes, questions and verdicts. It opens no
//! socket, asks no resolver, reads no clock, starts no thread and keeps no global state; the program around it does
//! all that, in whatever way suits it.
//!
//! ```text
//!              message octets, answers, the time
//!   host  ────────────────────────────────────────▶  ┌────────┐
//!         ◀────────────────────────────────────────  │ Machine│
//!              octets to send, questions, events     └────────┘
//! ```
//!
//! Everything inside is one of two things:
//!
//! - what converses is a [`Machine`]: input through [`Machine::handle`], output from [`Machine::poll`];
//! - what decides is a pure function of its request and the answers, an [`Evaluate`]; [`Evaluation`] turns one into a
//!   machine.
#![forbid(unsafe_code)]

pub mod crypto;
pub mod dkim;
pub mod dmarc;
pub mod domain;
pub mod evaluate;
pub mod limits;
pub mod lookup;
pub mod machine;
pub mod mailbox;
pub mod message;
pub mod results;
pub mod spf;
pub mod tags;
pub mod time;
pub mod trail;
pub mod transcript;
pub mod verify;

pub use domain::{Domain, DomainError};
pub use evaluate::{Evaluate, Evaluation, Reply};
pub use lookup::{Answer, Answers, DnsAnswer, Outcome, Pending, Question, QuestionId, Record, RecordType, Status};
pub use machine::{Machine, Misuse, Output};
pub use time::{Millis, Now, UnixTime};
pub use trail::{Step, Trail};
pub use transcript::{Transcript, TranscriptError};
