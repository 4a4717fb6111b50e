//! A footer below any message: nothing panics, what comes out is a message that has the footer, and a second time there is nothing to do.
#![no_main]

use passerelle::gateway::content::footer::{WhyNot, apply};
use passerelle::message::Header;
use passerelle::route::policy::Footer;
use passerelle_fuzz::fuzz_target;

const FOOTERS: [(&str, Option<&str>); 4] = [
    ("bye", None),
    ("-- \n\u{e9}\u{20ac} bye", Some("<p>\u{e9}\u{20ac}</p>")),
    ("> bye \n--b\n", None),
    (" a\r\n\r\nb", Some("<i>a\nb</i>")),
];

// The first octet chooses the footer.
fuzz_target!(|input: &[u8]| {
    let Some((choice, message)) = input.split_first() else { return };
    let (text, html) = FOOTERS[usize::from(*choice) % FOOTERS.len()];
    let mut footer = Footer::default();
    (footer.text, footer.html) = (text.to_owned(), html.map(str::to_owned));
    let (header, body) = Header::split(message);
    let Ok(footed) = apply(&header, body, &footer) else { return };
    let whole = [footed.header.octets(), &footed.body].concat();
    let (header, body) = Header::split(&whole);
    assert_eq!((header.octets(), body), (footed.header.octets(), &footed.body[..]));
    if footed.left.is_none() {
        assert_eq!(apply(&header, body, &footer), Err(WhyNot::Already));
    }
});
