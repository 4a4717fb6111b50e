//! The engine's example of a host on Tokio, with a resolver that it asks over the loopback.

use std::net::SocketAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use passerelle::Now;
use passerelle::verify::{Authenticated, Envelope};

use crate::dns_server::{Behaviour, Server, TXT, Zone};

#[allow(dead_code, unreachable_pub)]
#[path = "../../../core/examples/tokio_host.rs"]
mod host;

fn resolver(server: &Server) -> TokioResolver {
    let address: SocketAddr = server.address().parse().unwrap();
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let config = ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, connections.into())]);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap()
}

fn verdict(zone: Zone) -> Authenticated {
    let server = Server::start(zone);
    let envelope = Envelope::new().ip("192.0.2.1".parse().unwrap()).helo("mx.a.example").mail_from("ann@a.example");
    let message = b"From: ann@a.example\r\nSubject: Hi\r\n\r\nHello\r\n";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let resolver = resolver(&server);
        host::verify(&message[..], &envelope, Now::at(1_790_000_000), resolver).await.unwrap()
    });
    report.authenticated()
}

#[test]
fn the_host_on_tokio_verifies_with_a_resolver() {
    let zone =
        Zone::default().txt("a.example", "v=spf1 ip4:192.0.2.1 -all").txt("_dmarc.a.example", "v=DMARC1; p=reject");
    assert_eq!(verdict(zone), Authenticated::Yes);
    let zone = Zone::default().txt("a.example", "v=spf1 -all").txt("_dmarc.a.example", "v=DMARC1; p=reject");
    assert_eq!(verdict(zone), Authenticated::No);
}

#[test]
fn the_host_on_tokio_takes_no_failure_for_an_absence() {
    let zone = Zone::default().txt("a.example", "v=spf1 -all").with("_dmarc.a.example", TXT, Behaviour::Rcode(2));
    assert_eq!(verdict(zone), Authenticated::Temporarily);
}
