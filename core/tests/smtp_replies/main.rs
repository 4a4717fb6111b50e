//! What a server says: its replies, what it offers, and why it refuses.

mod capabilities;
mod reading;
