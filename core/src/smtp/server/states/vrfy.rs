//! VRFY and EXPN (RFC 5321 §3.5). Where the host does not decide, the reply is 252, which says nothing (§7.3).

use super::super::decision::Decision;
use super::super::event::Request;
use super::super::session::Session;
use super::{On, State};

impl State {
    pub(super) fn vrfy(self, cx: &mut Session, argument: String) -> Self {
        let host_decides = cx.settings.decisions.vrfy;
        self.look_up(cx, host_decides, Request::Vrfy(argument))
    }

    pub(super) fn expn(self, cx: &mut Session, argument: String) -> Self {
        let host_decides = cx.settings.decisions.expn;
        self.look_up(cx, host_decides, Request::Expn(argument))
    }

    fn look_up(self, cx: &mut Session, host_decides: bool, request: Request) -> Self {
        cx.idle_command();
        cx.ask(host_decides, On::LookUp { back: Box::new(self) }, |_| Decision::Accept, |_| request)
    }
}
