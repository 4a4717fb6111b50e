//! EHLO, HELO and LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1).

use crate::smtp::command::Command;

use super::super::decision::Decision;
use super::super::ehlo;
use super::super::event::{Abort, Hello, HelloVerb, Request};
use super::super::session::Session;
use super::{On, State};

impl State {
    pub(super) fn hello(mut self, cx: &mut Session, command: Command) -> Self {
        let (verb, name) = match command {
            Command::Ehlo(name) => (HelloVerb::Ehlo, name),
            Command::Helo(name) => (HelloVerb::Helo, name),
            Command::Lhlo(name) => (HelloVerb::Lhlo, name),
            // The caller has seen to it.
            _ => return self,
        };
        if cx.goes_on_too_early() {
            self.abandon(cx, Abort::SessionEnded);
            return cx.early_talker(&format!("You went on before the reply to {}", command_word(verb)));
        }
        if (verb == HelloVerb::Lhlo) != cx.is_lmtp() {
            let text = if cx.is_lmtp() { "This is LMTP: LHLO" } else { "This is SMTP: EHLO" };
            cx.bad_command();
            cx.reply(500, (5, 1), text); // RFC 2033 §4.1
            return self;
        }
        if cx.peer.hello.is_some() {
            cx.idle_command();
        }
        let hello = Hello { verb, name };
        let on = On::Hello { hello: hello.clone(), back: Box::new(self) };
        cx.ask(cx.settings.decisions.hello, on, |_| Decision::Accept, |_| Request::Hello(hello))
    }

    /// The name was accepted. What was said of a message is forgotten (RFC 5321 §4.1.4).
    pub(super) fn accept_hello(mut self, cx: &mut Session, hello: Hello) -> Self {
        self.abandon(cx, Abort::Reset);
        let Hello { verb, name } = hello;
        let name = cx.told_hello.clone().unwrap_or(name);
        cx.peer_mut().hello = Some(Hello { verb, name });
        match verb {
            HelloVerb::Helo => {
                let name = cx.named("");
                cx.bare_reply(250, &name);
            }
            HelloVerb::Ehlo | HelloVerb::Lhlo => ehlo::reply(cx),
        }
        Self::Ready
    }
}

fn command_word(verb: HelloVerb) -> &'static str {
    match verb {
        HelloVerb::Helo => "HELO",
        HelloVerb::Ehlo => "EHLO",
        HelloVerb::Lhlo => "LHLO",
    }
}
