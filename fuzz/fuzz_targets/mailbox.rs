//! Mailboxes and paths of SMTP, and the address lists of header fields.
#![no_main]

use passerelle::limits::{MAX_ADDRESSES, MAX_LOCAL_PART, MAX_PATH};
use passerelle::mailbox::{
    Address, AddressError, ForwardPath, Mailbox, ReversePath, parse_address_list, parse_local_part,
};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(mailbox) = Mailbox::parse(text) {
        assert!(mailbox.local().len() <= MAX_LOCAL_PART);
        assert_eq!(Mailbox::parse(&mailbox.to_string()).as_ref(), Ok(&mailbox));
        // A header field reads the same mailbox, or refuses it; never another one.
        if let Ok(list) = parse_address_list(text) {
            let [Address::Mailbox(only)] = &list[..] else { panic!("{text:?} is one mailbox, not {list:?}") };
            assert_eq!((&only.mailbox, &only.name), (&mailbox, &None));
        }
    }
    if let Ok(local) = parse_local_part(text) {
        assert_eq!(Mailbox::parse(&format!("{text}@example.com")).map(|m| m.local().to_owned()), Ok(local));
    }
    paths(text);
    paths(&format!("<{text}>"));
    addresses(text);
});

fn paths(text: &str) {
    if let Ok(path) = ReversePath::parse(text) {
        assert!(text.len() <= MAX_PATH);
        // A-labels may be longer than the U-labels they stand for.
        let again = ReversePath::parse(&path.to_string());
        assert!(again.as_ref() == Ok(&path) || again == Err(AddressError::PathTooLong), "{path} became {again:?}");
        // The two kinds of paths differ in `<>` and `<Postmaster>` alone.
        match (ForwardPath::parse(text), path) {
            (Ok(ForwardPath::Mailbox(forward)), ReversePath::Mailbox(reverse)) => assert_eq!(forward, reverse),
            (Err(AddressError::EmptyAngle), ReversePath::Null) => {}
            pair => panic!("{text:?} is two paths: {pair:?}"),
        }
    }
    if let Ok(path) = ForwardPath::parse(text) {
        let again = ForwardPath::parse(&path.to_string());
        assert!(again.as_ref() == Ok(&path) || again == Err(AddressError::PathTooLong), "{path} became {again:?}");
    }
}

fn addresses(text: &str) {
    let Ok(list) = parse_address_list(text) else { return };
    let mut count = 0;
    for address in &list {
        let members = match address {
            Address::Mailbox(named) => std::slice::from_ref(named),
            Address::Group { members, .. } => &members[..],
        };
        count += members.len();
        for named in members {
            assert!(!named.mailbox.local().contains(char::is_control));
            let plain = format!("<{}>", named.mailbox);
            let again = parse_address_list(&plain).expect("a mailbox that was read can be written");
            let [Address::Mailbox(again)] = &again[..] else { panic!("{plain} is one mailbox") };
            assert_eq!(again.mailbox, named.mailbox);
        }
    }
    assert!((1..=MAX_ADDRESSES).contains(&list.len()) && count <= MAX_ADDRESSES);
}
