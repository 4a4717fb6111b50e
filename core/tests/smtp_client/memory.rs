//! What a connection costs.

use passerelle::smtp::client::Client;

use crate::counting::measure;
use crate::dialogue::{Play, WHOLE, envelope, settings, start};

const READY: &str = "S: 220 mx.example\n! wait 1\nS: 250-mx.example\nS: 250-PIPELINING\nS: 250-SIZE 1000000\nS: 250-8BITMIME\nS: 250-AUTH PLAIN LOGIN SCRAM-SHA-256\nS: 250 CHUNKING\n";
const MESSAGE: &str = "! send\nS: 250 Ok\nS: 250 Ok\n! content x\n! end\nS: 250 Ok\n";

/// A connection that waits for a message: the client itself, the settings and everything that it holds.
#[test]
fn an_idle_client() {
    for messages in [0, 1] {
        let settings = settings();
        let envelopes = vec![envelope(&["bob@mx.example"]); messages];
        let mut played = None;
        let (client, count) = measure(|| {
            let mut play = Play::new(Client::new(settings, start()), &envelopes, WHOLE);
            play.script(READY);
            for _ in 0..messages {
                play.script(MESSAGE);
            }
            assert!(play.client.is_ready());
            let Play { client, envelopes, wire, events, .. } = play;
            played = Some(events.len());
            drop((envelopes, wire, events));
            Box::new(client)
        });
        assert!(client.is_ready() && played.is_some());
        assert!(count.held <= 1536, "{} octets after {messages} messages", count.held);
    }
}
