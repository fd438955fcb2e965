//! A server that speaks HTTP as no library would: bodies cut short, dripped or endless.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// What goes over the wire.
#[derive(Debug, Clone)]
pub enum Part {
    Bytes(Vec<u8>),
    /// This, again and again, as often as this, until the other side has had enough.
    Forever(Vec<u8>, Duration),
    /// Nothing, until the other side asks again on the same connection, or does not for so long.
    AskedAgain(Duration),
}

/// A head and a body that keeps its word or does not.
pub fn answer(head: &str, body: &str) -> Vec<Part> {
    vec![Part::Bytes(
        format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into_bytes(),
    )]
}

/// Serves connections one after the other; gives the address. The script is told which connection
/// it is, from 0, and the head of its request.
pub fn serve(script: impl Fn(usize, &str) -> Vec<Part> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let request = read_head(&stream);
            let _ = write(stream, script(nth, &request));
        }
    });
    base
}

fn read_head(stream: &TcpStream) -> String {
    let mut head = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head.push_str(&line.to_ascii_lowercase());
        head.push('\n');
    }
    head
}

fn write(mut stream: TcpStream, parts: Vec<Part>) -> std::io::Result<()> {
    for part in parts {
        match part {
            Part::Bytes(bytes) => stream.write_all(&bytes)?,
            Part::AskedAgain(patience) => {
                stream.set_read_timeout(Some(patience))?;
                drop(read_head(&stream));
            }
            Part::Forever(bytes, pause) => loop {
                stream.write_all(&bytes)?;
                std::thread::sleep(pause);
            },
        }
    }
    Ok(())
}
