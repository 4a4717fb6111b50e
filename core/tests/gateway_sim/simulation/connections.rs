//! Connections of the process as a whole: places, those that are kept, and what goes to hosts.

use passerelle::gateway::{ConnectionId, Input, Place, Told};
use passerelle::tls::End;

use super::Simulation;
use crate::auditor::{Seen, Verdict, Wrong};
use crate::channel::Arrival;

impl Simulation {
    pub(super) fn send(&mut self, link: u64, octets: Vec<u8>) {
        let is_clear = self.hops.get(&link).is_none_or(|hop| !hop.secure.is_on());
        let octets = if is_clear { self.meddling.sends(link, octets) } else { octets };
        self.trace.octets(self.now, link, false, &octets);
        if let Some(own) = self.links.get_mut(&link)
            && own.send_from_gateway(self.now, &octets)
        {
            self.tally.add("cut: hop connection");
        }
        // What a broken gateway tells itself.
        if let Some(said) = self.meddling.tells_itself(link)
            && let Some((id, own)) = self.owner(link)
        {
            let _ = self.hand(id, Input::Octets { id: own, octets: said });
        }
    }

    pub(super) fn owner(&self, link: u64) -> Option<(u64, ConnectionId)> {
        self.gate.sessions.iter().find_map(|(id, session)| {
            let own = session.out.iter().find(|(_, out)| out.link == Some(link));
            own.map(|(own, _)| (*id, *own))
        })
    }

    pub(super) fn meddle_at_end(&mut self, session: u64, link: u64) -> Verdict {
        let Some(octets) = self.meddling.again(link) else { return Ok(()) };
        let Some(host) = self.hops.get(&link).map(|hop| hop.host) else { return Ok(()) };
        let again = self.open(session, host)?;
        self.send(again, octets);
        Ok(())
    }

    pub(super) fn close(&mut self, link: u64) {
        if let Some(link) = self.links.get_mut(&link) {
            link.from_gateway.end(self.now, End::Orderly);
        }
    }

    /// What the places have to say.
    pub(super) fn places(&mut self) -> Verdict {
        while let Some(told) = self.gate.places.poll() {
            match told {
                Told::Place { ticket, place, socket } => {
                    if self.meddling.gives_no_place() {
                        continue;
                    }
                    let Some((id, own)) = self.gate.tickets.get(&ticket).copied() else {
                        self.gate.places.close(ticket, self.now());
                        continue;
                    };
                    let is_none = matches!(place, Place::None);
                    if let Some(link) = socket {
                        self.gate.kept.remove(&link);
                        self.see(Seen::Reused { link, session: id })?;
                    }
                    if let Some(session) = self.gate.sessions.get_mut(&id) {
                        match is_none {
                            true => _ = session.out.remove(&own),
                            false => {
                                if let Some(out) = session.out.get_mut(&own) {
                                    out.link = socket;
                                }
                            }
                        }
                    }
                    if is_none {
                        self.tally.add("place: none in time");
                        self.gate.tickets.remove(&ticket);
                    }
                    self.hand(id, Input::Place(own, place))?;
                }
                Told::Leave { connection, socket } => {
                    self.gate.kept.remove(&socket);
                    let octets = connection.farewell(self.now());
                    self.send(socket, octets);
                    self.close(socket);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What comes over connections that are kept, and the places' clock.
    pub(super) fn idle(&mut self) -> Result<bool, Wrong> {
        let (now, time) = (self.now, self.now());
        let mut is_busy = false;
        for (link, ticket) in self.gate.kept.clone() {
            let Some(arrival) = self.links.get_mut(&link).and_then(|link| link.to_gateway.take(now)) else { continue };
            is_busy = true;
            self.tally.add(match arrival {
                Arrival::Octets(_) => "pair: 421 on a connection that is kept",
                Arrival::End(_) => "pair: a connection that is kept ends",
            });
            if let Some((connection, link)) = self.gate.places.lost(ticket, time) {
                self.gate.kept.remove(&link);
                let octets = connection.farewell(time);
                self.send(link, octets);
                self.close(link);
            }
        }
        if self.gate.places.wake().is_some_and(|at| at.0 <= now) {
            self.gate.places.tick(time);
            is_busy = true;
        }
        self.places()?;
        // Connections that nobody has any more.
        let links = &mut self.links;
        let (hops, sessions, kept) = (&self.hops, &self.gate.sessions, &self.gate.kept);
        let is_used = |link: &u64| {
            hops.contains_key(link)
                || sessions.contains_key(link)
                || kept.contains_key(link)
                || self.senders.iter().any(|sender| sender.session.as_ref().is_some_and(|own| own.link == *link))
                || sessions.values().any(|session| session.out.values().any(|out| out.link == Some(*link)))
        };
        links.retain(|link, _| is_used(link));
        Ok(is_busy)
    }
}
