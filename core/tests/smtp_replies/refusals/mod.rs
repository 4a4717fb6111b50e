//! Why servers refuse.

mod labelled;
mod pasted;
mod properties;
mod providers;
mod stages;
mod wordings;

use passerelle::smtp::{Reply, ReplyReader};

const GOOGLE: Option<&str> = Some("gmail-smtp-in.l.google.com");
const MICROSOFT: Option<&str> = Some("example-com.mail.protection.outlook.com");
const YAHOO: Option<&str> = Some("mta5.am0.yahoodns.net");
const SOMEBODY: Option<&str> = Some("mx.example.com");

fn reply(wire: &str) -> Reply {
    ReplyReader::new().read(&mut format!("{}\r\n", wire.replace('\n', "\r\n")).as_bytes()).unwrap().unwrap()
}
