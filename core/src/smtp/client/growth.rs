//! A message that grows: its recipients come one by one, and each is answered for itself.

use std::collections::VecDeque;

use crate::smtp::reply::Reply;

/// What is to be known of a message that grows, beside what is of every message.
#[derive(Debug)]
pub(super) struct Growth {
    /// Whether more recipients may come.
    pub(super) is_open: bool,
    /// Recipients of whom the host has been told what the server said.
    pub(super) told: usize,
    /// The replies to those that the server has accepted and of whom the host has not been told, in their order.
    pub(super) said: VecDeque<Reply>,
}

impl Default for Growth {
    fn default() -> Self {
        Self { is_open: true, told: 0, said: VecDeque::new() }
    }
}
