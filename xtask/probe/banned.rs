//! Uses everything that core/clippy.toml bans. Not part of the workspace: the `sans-io` step compiles it with that
//! file, and demands that clippy objects to every line that holds a `banned` mark, and names every ban of the file.
#![allow(unused, clippy::all)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::net::ToSocketAddrs as _;
use std::path::Path;

fn clocks() {
    let _ = std::time::Instant::now(); // banned
    let _ = std::time::SystemTime::now(); // banned
    let now = std::time::SystemTime::now; // banned: as a value, not only as a call
    let _: Option<std::time::Instant> = None; // banned
    let _: Option<std::time::SystemTime> = None; // banned
}

fn files(path: &Path) {
    let _ = std::fs::canonicalize(path); // banned
    let _ = std::fs::copy(path, path); // banned
    let _ = std::fs::create_dir(path); // banned
    let _ = std::fs::create_dir_all(path); // banned
    let _ = std::fs::exists(path); // banned
    let _ = std::fs::hard_link(path, path); // banned
    let _ = std::fs::metadata(path); // banned
    let _ = std::fs::read(path); // banned
    let _ = std::fs::read_dir(path); // banned
    let _ = std::fs::read_link(path); // banned
    let _ = std::fs::read_to_string(path); // banned
    let _ = std::fs::remove_dir(path); // banned
    let _ = std::fs::remove_dir_all(path); // banned
    let _ = std::fs::remove_file(path); // banned
    let _ = std::fs::rename(path, path); // banned
    let _ = std::fs::set_permissions(path, unknown()); // banned
    let _ = std::fs::symlink_metadata(path); // banned
    let _ = std::fs::write(path, ""); // banned
    let _ = path.canonicalize(); // banned
    let _ = path.exists(); // banned
    let _ = path.is_dir(); // banned
    let _ = path.is_file(); // banned
    let _ = path.is_symlink(); // banned
    let _ = path.metadata(); // banned
    let _ = path.read_dir(); // banned
    let _ = path.read_link(); // banned
    let _ = path.symlink_metadata(); // banned
    let _ = path.try_exists(); // banned
    let _ = std::fs::File::open(path); // banned
    let _ = std::fs::OpenOptions::new(); // banned
    let _ = std::fs::DirBuilder::new(); // banned
}

fn sockets() {
    let _ = std::net::TcpListener::bind("[::1]:25"); // banned
    let _ = std::net::TcpStream::connect("[::1]:25"); // banned
    let _ = std::net::UdpSocket::bind("[::1]:53"); // banned
    let _ = "localhost:25".to_socket_addrs(); // banned
}

fn environment(path: &Path) {
    let _ = std::env::args(); // banned
    let _ = std::env::args_os(); // banned
    let _ = std::env::current_dir(); // banned
    let _ = std::env::current_exe(); // banned
    let _ = std::env::home_dir(); // banned
    unsafe { std::env::remove_var("A") }; // banned
    let _ = std::env::set_current_dir(path); // banned
    unsafe { std::env::set_var("A", "B") }; // banned
    let _ = std::env::temp_dir(); // banned
    let _ = std::env::var("A"); // banned
    let _ = std::env::var_os("A"); // banned
    let _ = std::env::vars(); // banned
    let _ = std::env::vars_os(); // banned
}

fn processes() {
    let _ = std::process::id(); // banned
    let _ = std::process::Command::new("true"); // banned
    if unknown() {
        std::process::abort() // banned
    }
    std::process::exit(0) // banned
}

fn threads() {
    let _ = std::thread::available_parallelism(); // banned
    let _ = std::thread::current(); // banned
    std::thread::park(); // banned
    std::thread::scope(|_| ()); // banned
    std::thread::sleep(unknown()); // banned
    let _ = std::thread::spawn(|| ()); // banned
    std::thread::yield_now(); // banned
    let _ = std::thread::Builder::new(); // banned
    let _: Option<std::thread::JoinHandle<()>> = None; // banned
    thread_local!(static STATE: u8 = 0); // banned
}

fn order_and_randomness() {
    use std::collections::{HashMap, HashSet}; // banned
    let _: HashMap<u8, u8> = unknown(); // banned
    let _: HashSet<u8> = unknown(); // banned
    let _ = std::hash::RandomState::new(); // banned
    let _ = std::hash::DefaultHasher::new(); // banned
}

fn streams() {
    let _ = std::io::stdin(); // banned
    let _ = std::io::stdout(); // banned
    let _ = std::io::stderr(); // banned
    print!("a"); // banned
    println!("a"); // banned
    eprint!("a"); // banned
    eprintln!("a"); // banned
    dbg!("a"); // banned
}

fn unknown<T>() -> T {
    unreachable!()
}
