//! A mail server and a web server on the loopback, which the test itself is: they keep what they were sent, and behave
//! as they are told.

use super::stage::until;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It takes what it is sent.
    Takes,
    /// It takes connections and says nothing.
    Deaf,
    /// It reads and keeps a message, and says nothing.
    Mute,
    /// It answers with this code: to the receiver of a mail, or to a post.
    Says(u16),
}

/// What was sent: lines of the dialogue, or headers; and the body.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub head: Vec<String>,
    pub body: String,
}

impl Sent {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let of = |line: &String| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_string())
        };
        self.head.iter().find_map(of)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

#[derive(Clone, Copy)]
pub enum Kind {
    Mail,
    Web,
}

struct Shared {
    kind: Kind,
    manner: Mutex<Manner>,
    sent: Mutex<Vec<Sent>>,
    connections: Mutex<Vec<TcpStream>>,
    ended: AtomicBool,
}

/// A server; it ends when it is dropped, and its port is free again.
pub struct Server {
    pub port: u16,
    shared: Arc<Shared>,
    listening: Option<std::thread::JoinHandle<()>>,
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked with it")
}

impl Server {
    pub fn start(kind: Kind) -> Self {
        Self::at(kind, 0)
    }

    /// Starts on a port; 0 is any.
    pub fn at(kind: Kind, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            kind,
            manner: Mutex::new(Manner::Takes),
            sent: Mutex::default(),
            connections: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let listening = std::thread::spawn({
            let shared = shared.clone();
            move || {
                for stream in listener.incoming() {
                    if shared.ended.load(Ordering::SeqCst) {
                        return;
                    }
                    let stream = stream.expect("a connection");
                    held(&shared.connections).push(stream.try_clone().expect("a handle"));
                    let shared = shared.clone();
                    // What a client that went away left undone is no fault of the test.
                    std::thread::spawn(move || shared.serve(stream).ok());
                }
            }
        });
        Self { port, shared, listening: Some(listening) }
    }

    /// Behaves otherwise from now on; who is being served is hung up on.
    pub fn behave(&self, manner: Manner) {
        *held(&self.shared.manner) = manner;
        for stream in held(&self.shared.connections).drain(..) {
            let _gone = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    pub fn sent(&self) -> Vec<Sent> {
        held(&self.shared.sent).clone()
    }

    /// Waits until so many messages were sent.
    pub fn wait_for(&self, count: usize) -> Vec<Sent> {
        until(&format!("{count} messages"), || Some(self.sent()).filter(|sent| sent.len() >= count))
    }

    /// Waits long enough for what should not come, and says how much did.
    pub fn settled(&self) -> usize {
        std::thread::sleep(Duration::from_millis(2500));
        self.sent().len()
    }

    /// Waits until somebody spoke to it.
    pub fn wait_for_a_caller(&self) {
        until("a caller", || (!held(&self.shared.connections).is_empty()).then_some(()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.behave(Manner::Deaf);
        // It takes one more connection to notice.
        let _woken = TcpStream::connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port));
        if let Some(listening) = self.listening.take() {
            let _ended = listening.join();
        }
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let manner = *held(&self.manner);
        if manner == Manner::Deaf {
            // Until the other side, or the test, has had enough.
            (&stream).read_to_end(&mut Vec::new())?;
            return Ok(());
        }
        match self.kind {
            Kind::Mail => self.mail(&stream, manner),
            Kind::Web => self.web(&stream, manner),
        }
    }

    fn mail(&self, mut stream: &TcpStream, manner: Manner) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let mut sent = Sent::default();
        stream.write_all(b"220 test\r\n")?;
        while let Some(line) = lines.next().transpose()? {
            sent.head.push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), manner) {
                ("EHLO", _) => "250-test\r\n250 AUTH PLAIN LOGIN\r\n".to_string(),
                ("AUTH", _) => "235 welcome\r\n".to_string(),
                ("RCPT", Manner::Says(code)) => format!("{code} so it is\r\n"),
                ("DATA", _) => {
                    stream.write_all(b"354 go on\r\n")?;
                    for line in lines.by_ref() {
                        match line? {
                            line if line == "." => break,
                            line => sent.body += &format!("{line}\n"),
                        }
                    }
                    held(&self.sent).push(sent.clone());
                    if manner == Manner::Mute {
                        continue;
                    }
                    "250 taken\r\n".to_string()
                }
                ("QUIT", _) => {
                    return stream.write_all(b"221 bye\r\n");
                }
                _ => "250 good\r\n".to_string(),
            };
            stream.write_all(answer.as_bytes())?;
        }
        Ok(())
    }

    fn web(&self, mut stream: &TcpStream, manner: Manner) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut sent = Sent::default();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            sent.head.push(line.trim_end().to_string());
        }
        let length = sent.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        sent.body = String::from_utf8(body).expect("text");
        let code = match manner {
            Manner::Says(code) => code,
            _ => 204,
        };
        if code == 204 {
            held(&self.sent).push(sent);
        }
        if manner == Manner::Mute {
            return reader.read_to_end(&mut Vec::new()).map(drop);
        }
        write!(stream, "HTTP/1.1 {code} so it is\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }
}

/// How often each text is there.
pub fn counted(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts
}
