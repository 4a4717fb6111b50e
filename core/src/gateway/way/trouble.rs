//! Why a host was left for the next, and what is said in the end when there is none.

use crate::route::replies::{self, Reason};
use crate::smtp::Reply;
use crate::smtp::client::{Delivery, Stage, Withheld};

/// Who says what of a recipient: `None` is ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) delivery: Delivery,
    pub(super) host: Option<String>,
}

impl Said {
    /// In the table's words.
    pub(super) fn ours(stage: Stage, reply: &replies::Reply) -> Self {
        Self { delivery: Delivery::Refused { stage, reply: Reply::from(reply) }, host: None }
    }

    pub(super) fn by(host: &str, delivery: Delivery) -> Self {
        Self { delivery, host: Some(host.to_owned()) }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.delivery.is_accepted()
    }
}

/// Why a host was left. What comes later tells more, and is said where several hosts were left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It can't be connected to, does not answer, turns us away, or is no SMTP server.
    NoConnection,
    /// There is no place for another connection.
    NoPlace,
    /// TLS is demanded and not had: the route's reply.
    Tls(replies::Reply),
    /// It does not take our credentials, or shows nothing to whom they may be shown.
    Authentication,
    /// It lacks an extension that the route is said to have.
    NoDsn,
    /// It takes some of the recipients and refuses others, or refuses now whom it took before.
    Divided,
    /// It can't take the message as it should be taken.
    Withheld(Withheld),
    /// It said so.
    Said(Said),
}

impl Trouble {
    /// What is said where this is the last word.
    fn said(&self) -> Said {
        let (stage, reply) = match self {
            Self::NoConnection => (Stage::Greeting, Reason::NoConnection.reply()),
            Self::NoPlace => (Stage::Greeting, Reason::NoPlace.reply()),
            Self::Tls(reply) => (Stage::Handshake, reply.clone()),
            Self::Authentication => (Stage::Auth, Reason::HopAuthentication.reply()),
            Self::NoDsn => (Stage::Mail, Reason::NoDsn.reply()),
            Self::Divided => (Stage::Rcpt, Reason::Divided.reply()),
            Self::Withheld(why) => return withheld(*why),
            Self::Said(said) => return said.clone(),
        };
        Said::ours(stage, &reply)
    }

    fn rank(&self) -> u8 {
        match self {
            Self::NoConnection => 0,
            Self::NoPlace => 1,
            Self::Tls(_) => 2,
            Self::Authentication => 3,
            Self::NoDsn => 4,
            Self::Divided => 5,
            Self::Withheld(_) => 6,
            Self::Said(_) => 7,
        }
    }
}

/// What this side says in a host's place, in the words of the table where it has some.
pub(super) fn withheld(why: Withheld) -> Said {
    let reply = match why {
        Withheld::TooLarge => Reply::from(&Reason::TooLarge.reply()),
        Withheld::EightBit | Withheld::Binary => Reply::from(&Reason::EightBit.reply()),
        Withheld::Utf8Address | Withheld::Utf8Header => Reply::from(&Reason::Utf8.reply()),
        Withheld::RequireTls => Reply::from(&Reason::RequireTls.reply()),
        why => why.reply(),
    };
    Said { delivery: Delivery::Withheld { why, reply }, host: None }
}

/// Why hosts were left so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    /// That which may be otherwise later.
    temporary: Option<Trouble>,
    /// That which will not.
    permanent: Option<Trouble>,
}

impl Troubles {
    pub(super) fn add(&mut self, trouble: Trouble) {
        let place = match trouble.said().delivery.is_temporary() {
            true => &mut self.temporary,
            false => &mut self.permanent,
        };
        if place.as_ref().is_none_or(|known| known.rank() < trouble.rank()) {
            *place = Some(trouble);
        }
    }

    /// What is said when there is no host left: while another may take the message later, that it be tried again.
    pub(super) fn verdict(&self) -> Said {
        self.temporary.as_ref().or(self.permanent.as_ref()).unwrap_or(&Trouble::NoConnection).said()
    }

    /// Whether every host failed temporarily, so that the fallback is used.
    pub(super) fn are_temporary(&self) -> bool {
        self.permanent.is_none()
    }
}
