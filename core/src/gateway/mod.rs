//! The gateway: mail in, admitted, signed, routed, handed on; nothing is acknowledged that the next hop has not taken.
//!
//! A [`Gateway`] is one session with one client: the client's connection with its TLS and its server, the transaction under way, and the
//! connections to next hops that it needs. [`Output::Transmit`](crate::Output::Transmit) are octets for the client; the connections to hops have
//! numbers, and what goes over them are events and inputs. What belongs to the process as a whole lies with its host, in plain
//! structs that a host with threads puts behind a mutex: places at destinations and connections that are kept ([`Places`]), the
//! octets that are held ([`Budget`]), what is known of keys and of MTA-STS policies ([`Setup`]), quotas. So sessions run on as many threads as the
//! host likes, and one that waits holds up no other.
//!
//! # Early and late
//!
//! A message is *early* where no rule that may still match needs its content: then the hop is asked about every recipient while
//! RCPT waits, and each recipient's own refusal reaches the sender, as `HOST said: …`. Else it is *late*: RCPT is answered by admission
//! alone, and the message goes to all of its recipients or to none. A transaction is of one group of recipients; those of another group are told
//! to come in a transaction of their own.
//!
//! # Streamed and held
//!
//! Where nothing depends on the body and one host is enough, octets pass through while ours still arrive. Where the message is verified,
//! signed or changed, or may need a second host, it is *held* until it is complete: the host is asked to keep it
//! ([`Event::Hold`]), in memory or wherever it likes, and while it has not kept what came, nothing is read of the client
//! ([`Gateway::wants_wire`]).
//!
//! # What is acknowledged
//!
//! 250 behind the final dot is said only when a hop has said it for every recipient that was accepted; a message that a rule discards
//! is the one exception. Where a hop may have taken the message and the client is not told so, it will send it again and it arrives twice (RFC 1047):
//! [`Done::second_copy_possible`] counts these.
//!
//! # One session, in memory
//!
//! ```
//! use std::sync::Arc;
//! use passerelle::gateway::{Client, Ending, Event, Gateway, Input, Listener, Place, Setup};
//! use passerelle::route::policy::{NoFiles, Policy};
//! use passerelle::smtp::sasl::SecretKey;
//! use passerelle::{Machine, Now, Output, Transcript};
//!
//! let policy = Policy::compile(r#"{"hostname": "gw.example.com", "domains": ["example.com"],
//!     "relay": [{"name": "apps", "peers": ["192.0.2.0/24"]}],
//!     "route": [{"name": "smart", "hosts": ["smart.example.net"],
//!         "require_tls": false, "require_ca": false, "verify_hostname": false}],
//!     "rule": [{"name": "out", "match": {"direction": ["outbound"]}, "do": {"route": "smart"}}]}"#, &NoFiles);
//! let setup = Setup::new(Arc::new(policy.accepted().expect("a policy")), SecretKey::new([7; 32]));
//! let dns = Transcript::parse(br#"{"answers": [{"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]}]}"#)?;
//!
//! let now = Now::at(1_790_000_000);
//! let client = Client::new(Some("192.0.2.7:49152".parse()?), None, Listener::Smtp);
//! let mut gateway = Gateway::new(Arc::new(setup), client, [9; 32], now);
//! let (mut heard, mut ending) = (String::new(), None);
//! // In earnest the client's octets come from a socket; and so do those of the hop, which follows a script here.
//! for said in ["", "EHLO app.example.com\r\n", "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n",
//!     "Subject: Hello\r\n\r\nHello\r\n.\r\n"] {
//!     gateway.handle(now, Input::Wire(said.as_bytes()))?;
//!     loop {
//!         match gateway.poll() {
//!             Output::Transmit(octets) => heard.push_str(std::str::from_utf8(&octets)?),
//!             Output::Ask(id, question) => gateway.handle(now, Input::Answer(id, dns.answer(&question)))?,
//!             // With `Places`, it may be a connection that another session has left.
//!             Output::Event(Event::Place { id, .. }) => gateway.handle(now, Input::Place(id, Place::Fresh { clear: false }))?,
//!             Output::Event(Event::Connect { id, addresses, .. }) => {
//!                 gateway.handle(now, Input::Connected { id, address: addresses[0] })?;
//!                 gateway.handle(now, Input::Octets { id, octets: b"220 smart.example.net ESMTP\r\n" })?;
//!             }
//!             Output::Event(Event::Send { id, octets }) => {
//!                 let reply = match octets.get(..4) {
//!                     Some(b"EHLO" | b"MAIL" | b"RCPT") => "250 OK\r\n",
//!                     Some(b"DATA") => "354 Go ahead\r\n",
//!                     _ if octets.ends_with(b".\r\n") => "250 2.0.0 Queued as 4711\r\n",
//!                     _ => continue,
//!                 };
//!                 gateway.handle(now, Input::Octets { id, octets: reply.as_bytes() })?;
//!             }
//!             Output::Event(Event::Done(done)) => ending = Some(done.end),
//!             Output::Event(_) => {}
//!             Output::Idle { .. } => break,
//!         }
//!     }
//! }
//! assert_eq!(ending, Some(Ending::Accepted));
//! assert!(heard.contains("250 2.0.0 smart.example.net said: OK\r\n"));
//! assert!(heard.ends_with(" smart.example.net said: Queued as 4711\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod connection;
pub mod content;
mod done;
mod event;
mod hold;
mod places;
mod replies;
mod session;
mod setup;
pub mod way;

pub use connection::{ConnectionId, Ids, NotConnected};
pub use done::{Broken, Done, Ending, RecipientDone, Taken};
pub use event::{Charge, Event, Held, Hold, Input, MessageId};
pub use hold::{Budget, MemoryHold};
pub use places::{Kept, Place, PlaceKey, Places, Terms, Ticket, Told};
pub use replies::said;
pub use session::Gateway;
pub use setup::{Client, Listener, Setup};
pub use way::Attempt;
