//! The gateway: mail in, admitted, signed, routed, handed on; nothing is acknowledged that the next hop has not taken.

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
