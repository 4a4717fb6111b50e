//! Measures Passerelle beside its peers and prints the table of ratios: `passerelle-peers [NAME...]`, where a name is a
//! part of a row's name.

mod mail_auth;
#[cfg(opendkim)]
mod opendkim;
#[cfg(spf2)]
mod spf2;

use passerelle_benches::mail;
use passerelle_benches::measure::Effort;
use passerelle_benches::table::{self, Peer};
use passerelle_benches::zone::Zone;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let (record, zone) = (mail::key().key_record(), Zone::new());
    let mail_auth = mail_auth::MailAuth::new(&record, &zone);
    #[cfg(opendkim)]
    let opendkim = opendkim::OpenDkim::new(&record);
    #[cfg(spf2)]
    let spf2 = spf2::Spf2::new(&zone);
    let peers: &[&dyn Peer] = &[
        &mail_auth,
        #[cfg(opendkim)]
        &opendkim,
        #[cfg(spf2)]
        &spf2,
    ];
    table::run(peers, &names, Effort::WHOLE);
    for (peer, package, is_here) in
        [("libopendkim", "libopendkim-dev", cfg!(opendkim)), ("libspf2", "libspf2-dev", cfg!(spf2))]
    {
        if !is_here {
            println!("\n{peer} was not measured: its headers ({package}) are not installed.");
        }
    }
}
