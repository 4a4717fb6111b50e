//! `passerelle serve` under many clients: who gets a place, who has to go, and what an idle session takes.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use passerelle::tls::{self, ClientTls, Converse, End, Layer, Session, Verification};
use passerelle::{Machine, Misuse, Now, Output};
use tokio::net::TcpSocket;

use crate::send::Certificates;
use crate::server::Server;
use crate::support::{Folder, example};

/// A connection from this address of the loopback.
fn connect(server: &str, from: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let (server, from): (SocketAddr, SocketAddr) = (server.parse().unwrap(), format!("{from}:0").parse().unwrap());
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(from).unwrap();
        socket.connect(server).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The first line that a connection says.
fn first_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut octet = [0];
    while !line.ends_with(b"\n") && stream.read(&mut octet).is_ok_and(|count| count > 0) {
        line.push(octet[0]);
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

/// A connection that was greeted, or what was said instead.
fn greeted(server: &Server, from: &str) -> Result<TcpStream, String> {
    let mut stream = connect(server.address(), from);
    let line = first_line(&mut stream);
    if line.starts_with("220 ") { Ok(stream) } else { Err(line) }
}

/// Half of the places are anybody's; from there on an address has a quarter at most, and who gets none is told so at once.
#[test]
fn two_addresses_do_not_take_the_whole_server() {
    let server = Server::start(&["--sessions", "40"]);
    let take = |from: &str| -> Vec<TcpStream> { (0..40).map_while(|_| greeted(&server, from).ok()).collect() };
    let mut one = take("127.0.0.2");
    let two = take("127.0.0.3");
    assert_eq!((one.len(), two.len()), (20, 10));
    for from in ["127.0.0.2", "127.0.0.3"] {
        let refused = greeted(&server, from).unwrap_err();
        assert_eq!(refused, "421 mx.example.com Too many connections from your address");
    }
    server.says("turned away 127.0.0.2: it has too many connections");
    assert!(greeted(&server, "127.0.0.4").is_ok());
    // Who gives places back gets others.
    one.truncate(5);
    for _ in 0..500 {
        if greeted(&server, "127.0.0.2").is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the places were not given back");
}

#[test]
fn when_all_places_are_taken_the_silent_are_told_to_go() {
    let server = Server::start(&["--sessions", "4"]);
    let mut silent: Vec<TcpStream> = (2..6).map(|n| greeted(&server, &format!("127.0.0.{n}")).unwrap()).collect();
    // Nobody has been silent for long yet.
    assert_eq!(greeted(&server, "127.0.0.9").unwrap_err(), "421 mx.example.com Too many connections; try again later");
    std::thread::sleep(Duration::from_millis(1500));
    silent[0].write_all(b"NOOP\r\n").unwrap();
    assert_eq!(first_line(&mut silent[0]), "250 2.0.0 OK");
    let _late = greeted(&server, "127.0.0.9").unwrap();
    assert_eq!(first_line(&mut silent[1]), "421 4.3.2 Too busy to wait for you any longer");
    silent[0].write_all(b"NOOP\r\n").unwrap();
    assert_eq!(first_line(&mut silent[0]), "250 2.0.0 OK", "who speaks stays");
    server.says("closed: the client was silent, and others need the place");
}

/// A client that asks for more replies than anybody keeps for it, and reads none of them.
fn deaf(server: &Server, from: &str) -> TcpStream {
    let mut stream = greeted(server, from).unwrap();
    for line in ["EHLO client.example", "MAIL FROM:<>"] {
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        while !first_line(&mut stream).starts_with("250 ") {}
    }
    stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let commands = b"RCPT TO:<bob@ferry.example>\r\n".repeat(1000);
    // Until the server takes no more, since nobody takes what it says.
    for _ in 0..3000 {
        if let Err(error) = stream.write_all(&commands) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
            return stream;
        }
    }
    panic!("the server takes everything");
}

#[test]
fn who_does_not_read_makes_room_like_who_does_not_speak() {
    let server = Server::start(&["--sessions", "2"]);
    let _deaf: Vec<TcpStream> = (2..4).map(|n| deaf(&server, &format!("127.0.0.{n}"))).collect();
    std::thread::sleep(Duration::from_millis(1500));
    let others: Vec<TcpStream> = (0..500)
        .filter_map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            greeted(&server, "127.0.0.9").or_else(|_| greeted(&server, "127.0.0.10")).ok()
        })
        .take(2)
        .collect();
    assert_eq!(others.len(), 2);
    for _ in 0..2 {
        server.says("closed: the client did not read what it was told");
    }
}

#[test]
fn who_does_not_read_does_not_keep_the_server_from_stopping() {
    let mut server = Server::start(&[]);
    let _deaf = deaf(&server, "127.0.0.2");
    let since = Instant::now();
    server.signal("TERM");
    server.says("stopped");
    assert_eq!(server.exit_code(), Some(0));
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

/// An octet now and then is no more than silence.
#[test]
fn who_drips_octets_makes_room() {
    let server = Server::start(&["--sessions", "4"]);
    let mut dripping: Vec<TcpStream> = (2..6).map(|n| greeted(&server, &format!("127.0.0.{n}")).unwrap()).collect();
    for stream in &mut dripping {
        for line in ["EHLO client.example", "MAIL FROM:<>", "RCPT TO:<bob@ferry.example>", "DATA"] {
            stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
            while first_line(stream).as_bytes().get(3) == Some(&b'-') {}
        }
    }
    for _ in 0..8 {
        std::thread::sleep(Duration::from_millis(200));
        dripping.iter_mut().for_each(|stream| stream.write_all(b"x").unwrap());
    }
    // One sends as much as a message has.
    dripping[0].write_all(&b"0123456789abcde\r\n".repeat(500)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    for n in 10..13 {
        assert!(greeted(&server, &format!("127.0.0.{n}")).is_ok());
    }
    for stream in &mut dripping[1..] {
        assert_eq!(first_line(stream), "421 4.3.2 Too busy to wait for you any longer");
    }
    dripping[0].write_all(b"\r\n.\r\n").unwrap();
    assert!(first_line(&mut dripping[0]).starts_with("250 "));
}

/// Thousands that hold a place and say nothing cost what the engine costs, and little more.
#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_idle_sessions_take_12_kib_each_at_most() {
    const SESSIONS: usize = 10_000;
    let files = raise_limit_of_files();
    let sessions = SESSIONS.min(usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(3000));
    let server = Server::start(&[]);
    // It has raised its own limit.
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = &line.split_whitespace().skip(3).take(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert_eq!(soft, hard);
    let open = |n: usize| {
        let mut stream = greeted(&server, &format!("127.0.0.{}", 2 + n % 8)).unwrap();
        stream.write_all(b"EHLO client.example\r\n").unwrap();
        while !first_line(&mut stream).starts_with("250 ") {}
        stream
    };
    let mut streams: Vec<TcpStream> = (0..100).map(open).collect();
    let before = resident(&server);
    streams.extend((100..sessions).map(open));
    let each = (resident(&server) - before) / (sessions - 100);
    println!("{sessions} idle sessions of serve in clear text: {each} octets each");
    assert!(each <= 12 << 10, "{each} octets");
    // And it serves on.
    streams[0].write_all(b"NOOP\r\n").unwrap();
    assert_eq!(first_line(&mut streams[0]), "250 2.0.0 OK");
}

#[test]
#[cfg(target_os = "linux")]
fn idle_sessions_in_tls_take_24_kib_each_at_most() {
    const SESSIONS: usize = 500;
    let certificates = Certificates::new();
    let server = certificates.server();
    let tls = ClientTls::new(Verification::None);
    let open = |n: usize| {
        let mut stream = connect(&server.addresses[1], &format!("127.0.0.{}", 2 + n % 8));
        let mut layer = Layer::client(Hello::default(), &tls, now());
        let mut octets = vec![0; 1 << 16];
        while !layer.machine().done {
            while let Some(octets) = transmitted(&mut layer) {
                stream.write_all(&octets).unwrap();
            }
            let count = stream.read(&mut octets).unwrap();
            assert!(count > 0);
            layer.handle(now(), tls::Input::Wire(&octets[..count])).unwrap();
            while let Some(octets) = transmitted(&mut layer) {
                stream.write_all(&octets).unwrap();
            }
        }
        (stream, layer)
    };
    let mut streams: Vec<_> = (0..50).map(open).collect();
    let before = resident(&server);
    streams.extend((50..SESSIONS).map(open));
    let each = (resident(&server) - before) / (SESSIONS - 50);
    println!("{SESSIONS} idle sessions of serve in TLS: {each} octets each");
    assert!(each <= 24 << 10, "{each} octets");
}

/// Whoever reads the log may stop: the sessions go on, and later the log says how many lines are missing.
#[test]
fn a_reader_of_the_log_that_stops_holds_up_nobody() {
    let folder = Folder::new();
    let name = "x".repeat(250);
    let users = folder.write("users", format!("{name}:pencil\n"));
    let dns = example("dns.json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["serve", "--listen", "127.0.0.1:0", "--dns", &dns, "--auth-users", &users, "--auth-without-tls"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut log = child.stdout.take().unwrap();
    let mut line = Vec::new();
    let mut octet = [0];
    while !line.ends_with(b"\n") {
        log.read_exact(&mut octet).unwrap();
        line.push(octet[0]);
    }
    let line = String::from_utf8(line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();
    // More than the pipe holds, several times over: each user is told of by name.
    let first = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("\0{name}\0pencil"));
    for _ in 0..1500 {
        let mut stream = connect(address, "127.0.0.1");
        first_line(&mut stream);
        stream.write_all(b"EHLO client.example\r\n").unwrap();
        while !first_line(&mut stream).starts_with("250 ") {}
        stream.write_all(format!("AUTH PLAIN {first}\r\nQUIT\r\n").as_bytes()).unwrap();
    }
    let mut stream = connect(address, "127.0.0.1");
    assert!(first_line(&mut stream).starts_with("220 "));
    stream.write_all(b"NOOP\r\n").unwrap();
    assert_eq!(first_line(&mut stream), "250 2.0.0 OK");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Handshakes that fail are made by thousands; the log has some of them and a number.
#[test]
fn handshakes_that_fail_do_not_flood_the_log() {
    let certificates = Certificates::new();
    let server = certificates.server();
    for _ in 0..50 {
        let mut stream = connect(&server.addresses[1], "127.0.0.1");
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 100]);
    }
    let mut talk = server.talk();
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    assert!(server.says("more of these are counted for a minute").contains("TLS failed"));
    server.signal("TERM");
    let mut failures = 0;
    loop {
        let line = server.says("");
        failures += usize::from(line.contains("] TLS failed"));
        if line.contains("stopped") {
            break;
        }
    }
    assert!(failures <= 10, "{failures}");
}

/// What anybody can cause at will is told of a few times, and then as a number: also where a name is in it.
#[test]
fn failed_authentication_and_broken_messages_do_not_flood_the_log() {
    let folder = Folder::new();
    let users = folder.write("users", "ann:pencil\n");
    let server = Server::start(&["--auth-users", &users, "--auth-without-tls"]);
    for number in 0..30 {
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        let first = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("\0user{number}\0wrong"));
        talk.send(format!("AUTH PLAIN {first}\r\n").as_bytes());
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        talk.say("MAIL FROM:<>");
    }
    std::thread::sleep(Duration::from_millis(500));
    server.signal("HUP");
    server.signal("TERM");
    let (mut failed, mut broken) = (0, 0);
    loop {
        let line = server.says("");
        failed += usize::from(line.contains("] authentication as user"));
        broken += usize::from(line.contains("] a message broke off"));
        assert!(!line.contains("certificate"), "there is none to read again: {line}");
        if line.contains("stopped") {
            break;
        }
    }
    assert!((1..=10).contains(&failed) && (1..=10).contains(&broken), "{failed} {broken}");
}

/// The memory of the server's process that is not swapped out, in octets.
#[cfg(target_os = "linux")]
fn resident(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

fn raise_limit_of_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn now() -> Now {
    Now::at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn transmitted(layer: &mut Layer<Hello>) -> Option<Vec<u8>> {
    loop {
        match layer.poll() {
            Output::Transmit(octets) => return Some(octets),
            Output::Event(tls::Event::Failed(failure)) => panic!("{failure}"),
            Output::Event(_) | Output::Ask(..) => {}
            Output::Idle { .. } => return None,
        }
    }
}

/// A client that says EHLO inside TLS, hears the reply, and is silent then.
#[derive(Debug, Default)]
struct Hello {
    secured: bool,
    heard: String,
    to_say: Vec<u8>,
    done: bool,
}

impl Machine for Hello {
    type Input<'a> = ();
    type Event = ();

    fn handle(&mut self, _: Now, (): ()) -> Result<(), Misuse> {
        Ok(())
    }

    fn poll(&mut self) -> Output<()> {
        match self.to_say.is_empty() {
            true => Output::Idle { wake: None },
            false => Output::Transmit(std::mem::take(&mut self.to_say)),
        }
    }
}

impl Converse for Hello {
    fn octets(&mut self, _: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.heard += std::str::from_utf8(octets).unwrap();
        if self.heard.starts_with("220 ") && self.heard.ends_with("\r\n") {
            self.heard.clear();
            self.to_say.extend(b"EHLO client.example\r\n");
        }
        self.done |= self.heard.contains("\r\n250 ") && self.heard.ends_with("\r\n");
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        panic!("the server ends it: {}", self.heard)
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        self.secured = true;
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        !self.secured
    }

    fn wants_octets(&self) -> bool {
        true
    }

    fn is_over(&self) -> bool {
        false
    }
}
