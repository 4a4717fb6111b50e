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
//!
//! # A first decision
//!
//! What does SPF say of a client? The host here has all answers in a [`Transcript`]; one that asks a resolver drives the
//! same machine and hands in each answer when it comes.
//!
//! ```
//! use passerelle::spf::{CheckHost, Request, SpfResult};
//! use passerelle::{Evaluation, Transcript};
//!
//! let transcript = Transcript::parse(br#"{"answers": [
//!     {"name": "example.com", "type": "TXT", "records": ["v=spf1 include:_spf.example.net -all"]},
//!     {"name": "_spf.example.net", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.0/24 -all"]}]}"#)?;
//! let request = Request::new("192.0.2.25".parse()?, "mail.example.com", "ann@example.com");
//! let verdict = Evaluation::new(CheckHost::mail_from(&request)).run_with(|question| transcript.answer(question));
//! assert_eq!(verdict.result, SpfResult::Pass);
//! assert_eq!(verdict.mechanism.as_deref(), Some("include:_spf.example.net"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to go
//!
//! | for | see |
//! |---|---|
//! | one message and its envelope, judged whole | [`verify`] |
//! | one method alone | [`spf`], [`dkim`], [`dmarc`] |
//! | signing | [`dkim::Signer`], [`crypto::SigningKey`] |
//! | Authentication-Results: write, parse, strip; iprev | [`results`] |
//! | header fields, the author, addresses | [`message`], [`mailbox`] |
//! | DNS messages as they go over the wire | [`dns_message`] |
//! | files that people hand in: what they are, the message in them | [`message::recognize()`], [`message::MessageFile`] |
//! | a mail server or client, SMTP and LMTP, with AUTH | [`smtp::server`], [`smtp::client`], [`smtp::sasl`] |
//! | why a server refused, and what to do | [`smtp::refusal`] |
//! | TLS around either, DANE | [`tls`] |
//! | who may send, where mail goes next, under which security | [`route`] |
//! | all of these together: mail in, judged, signed, handed on | `gateway`, with the feature `tls` |
//! | answers from a file, and recording them | [`transcript`] |
//! | every bound, with its source | [`limits`] |
//!
//! # Who is to blame
//!
//! A [`Misuse`] is a bug of the host. What a peer or a message does wrong is never an error of a call: it is in the
//! verdict, as a result with its reason. What the world fails to answer is a temporary result.
//!
//! # Features
//!
//! `aws-lc-rs` (default) or `rust-crypto`: where the cryptography comes from. With both, AWS-LC is used.
//!
//! `tls` (default): TLS inside the engine, by rustls over AWS-LC: [`tls::Layer`] around an SMTP machine. Without it a host brings
//! TLS of its own, and drives the machines by [`tls::Converse`]; DANE's records are read either way.
//!
//! `toml` (default): policies in TOML; without it they are JSON.
//!
//! `psl`: DMARC by RFC 7489 too, for which the public suffix list is compiled in.
//!
//! # Examples
//!
//! In the package's folder `examples`: `verify` and `sign`, a server and a client with STARTTLS on `std::net` (`smtp_server`,
//! `smtp_client`), and a host on Tokio with hickory's resolver (`tokio_host`).
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod alignment;
pub mod crypto;
pub mod dkim;
pub mod dmarc;
pub mod dns_message;
pub mod domain;
pub mod evaluate;
#[cfg(feature = "tls")]
pub mod gateway;
pub mod limits;
pub mod lookup;
pub mod machine;
pub mod mailbox;
pub mod message;
mod misuse;
pub mod network;
pub mod results;
pub mod route;
mod setters;
pub mod smtp;
mod spelling;
pub mod spf;
pub mod tags;
mod text;
pub mod time;
pub mod tls;
pub mod trail;
pub mod transcript;
pub mod verify;
mod words;

pub use alignment::IdentifierAlignment;
pub use domain::{Domain, DomainError};
pub use evaluate::{Evaluate, Evaluation, Reply};
pub use lookup::{
    Alias, Answer, Answers, CachedPolicy, DnsAnswer, Outcome, Pending, Question, QuestionId, QuotaScope, Record,
    RecordType, Records, Status, StsCache, StsCacheError, StsError,
};
pub use machine::{Machine, Misuse, Output};
pub use time::{Millis, Now, UnixTime};
pub use trail::{Step, Trail};
pub use transcript::{Transcript, TranscriptError};

/// The README's examples are compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
