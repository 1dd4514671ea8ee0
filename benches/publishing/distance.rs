//! A server that is far away: a TCP proxy that holds every byte back for a
//! while, in each direction, and does not limit how many are on their way.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Starts a proxy to `target` and gives back its port. It runs until the
/// program ends. Setting up a connection takes one round trip more, as it does
/// on a real line.
pub fn start(target: SocketAddr, one_way: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has a port").port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(target) else {
                continue;
            };
            let open = Instant::now() + 2 * one_way;
            for (from, to, open) in [(&near, &far, open), (&far, &near, Instant::now())] {
                from.set_nodelay(true).expect("an open connection");
                let from = from.try_clone().expect("an open connection");
                let to = to.try_clone().expect("an open connection");
                std::thread::spawn(move || pass(from, to, one_way, open));
            }
        }
    });
    port
}

/// Passes bytes on, each `one_way` after it came and not before `open`.
fn pass(mut from: TcpStream, mut to: TcpStream, one_way: Duration, open: Instant) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    let writer = std::thread::spawn(move || {
        for (due, piece) in pieces {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let due = Instant::now().max(open) + one_way;
        if sender.send((due, buffer[..count].to_vec())).is_err() {
            break;
        }
    }
    drop(sender);
    drop(writer.join());
}
