//! Files that are no messages, several at once, and messages taken out of what they are in.

use serde_json::Value;

use crate::support::{Folder, Ran, example, run, run_with};

const MESSAGE: &str = "From: ann@a.example\r\nSubject: Hi\r\n\r\nHello\r\n";

fn verify(arguments: &[&str]) -> Ran {
    run(&[&["verify"], arguments, &["--dns", &example("dns.json")]].concat())
}

#[test]
fn what_is_no_message_gets_no_verdict() {
    let folder = Folder::new();
    for (name, content, says) in [
        ("mail.msg", &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"[..], "an Outlook .msg file"),
        ("mail.png", b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
        ("mail.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        ("mail.gif", b"GIF89a\x01\0", "a GIF picture"),
        ("mail.pdf", b"%PDF-1.7\n", "a PDF"),
        ("mail.zip", b"PK\x03\x04\x14\0", "a ZIP archive"),
        ("mail.eml.gz", b"\x1f\x8b\x08\0", "a gzip archive"),
        ("mail.html", b"<!doctype html><title>Inbox</title>", "a saved web page"),
        ("mail.json", b"{\"answers\": []}", "JSON"),
        ("mail.txt", b"Dear customer,\r\n\r\nyour account\r\n", "without the header fields"),
        ("empty.eml", b"", "empty.eml is empty"),
    ] {
        let file = folder.write(name, content);
        let ran = verify(&[&file]);
        assert_eq!((ran.code, ran.out()), (2, ""), "{name}");
        assert!(ran.stderr.contains(says) && ran.stderr.contains("not a message"), "{}", ran.stderr);
        // Where one gets the message from, if not out of this file.
        assert!(["source", "unpack", "transcript"].iter().any(|way| ran.stderr.contains(way)), "{}", ran.stderr);
        let piped = run_with(&["verify", "--dns", &example("dns.json"), "--json"], content);
        assert_eq!((piped.code, piped.out()), (2, ""), "{name}");
    }
}

#[test]
fn what_is_no_message_is_not_signed() {
    let folder = Folder::new();
    let key = folder.path("key.pem");
    assert_eq!(run(&["keygen", "--ed25519", "--selector", "s", "--domain", "a.example", "--out", &key]).code, 0);
    let sign = |input: &[u8]| run_with(&["sign", "--key", &key, "--selector", "s", "--domain", "a.example"], input);
    assert_eq!(sign(MESSAGE.as_bytes()).code, 0);
    for no_message in [&b"\x89PNG\r\n\x1a\n"[..], b"Dear customer", b"\xef\xbb\xbfFrom: ann@a.example\r\n\r\n", b""] {
        let ran = sign(no_message);
        assert_eq!((ran.code, ran.stdout.as_slice()), (2, &b""[..]), "{}", ran.stderr);
        assert!(ran.stderr.contains("not a message"), "{}", ran.stderr);
    }
}

#[test]
fn a_message_that_can_be_taken_out_is_and_the_error_says_how() {
    let folder = Folder::new();
    let message = std::fs::read_to_string(example("message.eml")).unwrap();
    let indented: String = message.split_inclusive('\n').map(|line| format!("    {line}")).collect();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(message.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, content, says) in [
        ("bom.eml", format!("\u{feff}{message}").into_bytes(), "byte order mark"),
        ("1.emlx", format!("{}\n{message}<?xml version=\"1.0\"?>\n", message.len()).into_bytes(), ".emlx"),
        ("paste.txt", indented.into_bytes(), "white space"),
        ("wide.txt", utf16, "UTF-16"),
    ] {
        let file = folder.write(name, &content);
        let ran = verify(&[&file]);
        assert_eq!(ran.code, 2, "{name}");
        let how = format!("passerelle extract {file} | passerelle verify");
        assert!(ran.stderr.contains(says) && ran.stderr.contains(&how), "{}", ran.stderr);
        let extracted = run(&["extract", &file]);
        assert_eq!((extracted.code, extracted.out()), (0, message.as_str()), "{name}");
        assert_eq!(run_with(&["extract"], &content).out(), message);
        let again = run_with(&["verify", "--dns", &example("dns.json"), "--json"], &extracted.stdout);
        assert_eq!(again.code, 0, "{name}");
    }
}

#[test]
fn each_message_of_an_mbox_is_its_own() {
    let folder = Folder::new();
    let separator = "From ann@a.example Thu Jan  1 00:00:00 1970\n";
    let long = "text\n".repeat(30_000);
    for body in ["short\n", long.as_str()] {
        let mbox = folder.write("in.mbox", format!("{separator}To: one\n\n{body}\n{separator}To: two\n\n{body}"));
        let ran = verify(&[&mbox]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("2 messages") && ran.stderr.contains("passerelle extract"), "{}", ran.stderr);
        assert_eq!(run(&["extract", &mbox, "--message", "2"]).out(), format!("To: two\n\n{body}"));
        assert_eq!(run(&["extract", &mbox, "--message", "1"]).out(), format!("To: one\n\n{body}\n"));
        assert_eq!(run(&["extract", &mbox, "--message", "3"]).code, 2);
    }
    let mbox = folder.write("in.mbox", format!("{separator}To: one\n\n\n{separator}To: two\n\n"));
    assert!(run(&["extract", &mbox]).stderr.contains("--message"));
}

#[test]
fn a_message_inside_a_message_is_offered() {
    let message = std::fs::read_to_string(example("message.eml")).unwrap();
    let wrapping = format!("From: bob@b.example\r\nSubject: Fwd\r\nContent-Type: message/rfc822\r\n\r\n{message}");
    let folder = Folder::new();
    let file = folder.write("forwarded.eml", wrapping);
    let ran = verify(&[&file]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let shown = ran.out().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        shown.contains("it carries another message") && shown.contains(&format!("passerelle extract {file}")),
        "{shown}"
    );
    assert_eq!(run(&["extract", &file]).out(), message);
    assert!(!verify(&[&example("message.eml")]).out().contains("carries"));
}

#[test]
fn a_file_without_a_message_inside_is_told_as_that() {
    for (file, says) in [("message.eml", "is a message, and carries no other"), ("dns.json", "JSON")] {
        let ran = run(&["extract", &example(file)]);
        assert_eq!((ran.code, ran.out()), (2, ""));
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}

#[test]
fn several_files_are_a_line_each_and_a_sum() {
    let ran = verify(&[&example("message.eml"), &example("spoofed.eml"), &example("temporary.eml")]);
    let lines: Vec<&str> = ran.out().lines().collect();
    let [good, bad, temporary, sum] = &*lines else { panic!("{}", ran.out()) };
    assert_eq!(*good, format!("{}: Authenticated as harbour.example", example("message.eml")));
    assert!(bad.ends_with("spoofed.eml: Not authenticated"), "{bad}");
    assert!(temporary.contains("Not decided"), "{temporary}");
    assert_eq!(*sum, "3 messages: 1 authenticated, 1 not, 1 not decided for want of an answer");
    assert_eq!(ran.code, 1);
    let verbose = verify(&[&example("message.eml"), &example("spoofed.eml"), "-v"]);
    assert_eq!(verbose.out().matches("\nTrail\n").count(), 2);
}

#[test]
fn the_exit_code_of_several_is_that_of_the_worst() {
    let folder = Folder::new();
    let picture = folder.write("mail.png", b"\x89PNG\r\n\x1a\n");
    let [good, bad, temporary] = ["message.eml", "spoofed.eml", "temporary.eml"].map(example);
    for (files, code) in [
        (vec![&good, &good], 0),
        (vec![&good, &temporary], 3),
        (vec![&temporary, &bad, &good], 1),
        (vec![&good, &picture, &bad], 2),
        (vec![&temporary, &"nowhere.eml".to_owned()], 2),
    ] {
        let files: Vec<&str> = files.into_iter().map(String::as_str).collect();
        assert_eq!(verify(&files).code, code, "{files:?}");
    }
}

#[test]
fn json_of_several_is_an_object_a_line_and_of_one_the_report() {
    let folder = Folder::new();
    let picture = folder.write("mail.png", b"\x89PNG\r\n\x1a\n");
    let (good, bad) = (example("message.eml"), example("spoofed.eml"));
    let ran = verify(&[&good, &picture, &bad, "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (2, ""));
    let objects: Vec<Value> = ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.iter().map(|o| o["file"].as_str().unwrap()).collect::<Vec<_>>(), [&*good, &*picture, &*bad]);
    assert!(objects[1]["error"].as_str().unwrap().contains("PNG") && objects[1].get("report").is_none());
    // The report is the same octets as that of the message alone.
    let alone = verify(&[&bad, "--json"]);
    assert!(ran.out().contains(&format!("\"report\":{}}}\n", alone.out().trim_end())));
    assert!(alone.json()["dmarc"].is_object());
}

#[test]
fn a_folder_stands_for_what_is_in_it() {
    let folder = Folder::new();
    for name in ["b", "a/deep", "maildir/new", "maildir/cur", "maildir/tmp"] {
        std::fs::create_dir_all(folder.path(name)).unwrap();
    }
    for name in [
        "b/2.eml",
        "b/1.eml",
        "a/deep/x",
        ".hidden",
        "maildir/new/n",
        "maildir/cur/c:2,S",
        "maildir/tmp/t",
        "maildir/uidlist",
    ] {
        folder.write(name, MESSAGE);
    }
    let ran = verify(&[&folder.path(""), "--json"]);
    let files: Vec<String> = ran
        .out()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned())
        .collect();
    let expected =
        ["a/deep/x", "b/1.eml", "b/2.eml", "maildir/cur/c:2,S", "maildir/new/n"].map(|name| folder.path(name));
    assert_eq!(files, expected);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_message_is_read_from_what_is_piped_in() {
    let message = std::fs::read(example("message.eml")).unwrap();
    let ran = run_with(&["verify", "--dns", &example("dns.json"), "--json"], &message);
    let named = run(&["verify", &example("message.eml"), "--dns", &example("dns.json"), "--json"]);
    assert_eq!((ran.code, ran.out()), (0, named.out()));
}
