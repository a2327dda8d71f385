//! A mail server and a web server on the loopback, which the test itself is: they keep what they were sent, and behave
//! as they are told.

use super::stage::until;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
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

/// How a server is spoken to in secret.
#[derive(Clone)]
pub enum Secrecy {
    Open,
    /// A mail server whose callers ask for it.
    Asked(Arc<ServerConfig>),
    /// From the first byte.
    Always(Arc<ServerConfig>),
}

/// A certificate for this machine that nobody signed, and a server's configuration with it.
pub fn certificate() -> (String, Arc<ServerConfig>) {
    let made =
        rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()]).expect("made");
    let pem = made.cert.pem();
    let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    (pem, Arc::new(config.expect("they fit")))
}

fn secret(config: &Arc<ServerConfig>, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(config.clone()).expect("TLS"), stream)
}

struct Shared {
    kind: Kind,
    secrecy: Secrecy,
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
        Self::with(kind, port, Secrecy::Open)
    }

    pub fn with(kind: Kind, port: u16, secrecy: Secrecy) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            kind,
            secrecy,
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
        match (self.kind, &self.secrecy) {
            (Kind::Web, Secrecy::Always(config)) => self.web(secret(config, stream), manner),
            (Kind::Web, _) => self.web(stream, manner),
            (Kind::Mail, Secrecy::Always(config)) => {
                self.mail(secret(config, stream), manner, false).map(drop)
            }
            (Kind::Mail, Secrecy::Asked(config)) => match self.mail(stream, manner, true)? {
                Some(stream) => self.mail(secret(config, stream), manner, false).map(drop),
                None => Ok(()),
            },
            (Kind::Mail, Secrecy::Open) => self.mail(stream, manner, false).map(drop),
        }
    }

    /// Takes mails; gives the stream back when secrecy was offered and is wanted.
    fn mail<S: Read + Write>(&self, stream: S, manner: Manner, offers: bool) -> std::io::Result<Option<S>> {
        let mut stream = BufReader::new(stream);
        let mut sent = Sent::default();
        // After secrecy was asked for, the caller speaks first.
        let greeted = matches!(self.secrecy, Secrecy::Asked(_)) && !offers;
        if !greeted {
            stream.get_mut().write_all(b"220 test\r\n")?;
        }
        loop {
            let line = read_line(&mut stream)?;
            if line.is_empty() {
                return Ok(None);
            }
            sent.head.push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), manner) {
                ("EHLO", _) if offers => "250-test\r\n250 STARTTLS\r\n".to_string(),
                ("EHLO", _) => "250-test\r\n250 AUTH PLAIN LOGIN\r\n".to_string(),
                ("STARTTLS", _) if offers => {
                    stream.get_mut().write_all(b"220 go on\r\n")?;
                    return Ok(Some(stream.into_inner()));
                }
                ("AUTH", _) => "235 welcome\r\n".to_string(),
                ("RCPT", Manner::Says(code)) => format!("{code} so it is\r\n"),
                ("DATA", _) => {
                    stream.get_mut().write_all(b"354 go on\r\n")?;
                    sent.body = read_mail(&mut stream)?;
                    held(&self.sent).push(sent.clone());
                    if manner == Manner::Mute {
                        continue;
                    }
                    "250 taken\r\n".to_string()
                }
                ("QUIT", _) => {
                    stream.get_mut().write_all(b"221 bye\r\n")?;
                    return Ok(None);
                }
                _ => "250 good\r\n".to_string(),
            };
            stream.get_mut().write_all(answer.as_bytes())?;
        }
    }

    fn web<S: Read + Write>(&self, stream: S, manner: Manner) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut sent = Sent::default();
        loop {
            let line = read_line(&mut stream)?;
            if line.is_empty() {
                break;
            }
            sent.head.push(line);
        }
        let length = sent.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        sent.body = String::from_utf8(body).expect("text");
        let code = match manner {
            Manner::Says(code) => code,
            _ => 204,
        };
        if code == 204 {
            held(&self.sent).push(sent);
        }
        if manner == Manner::Mute {
            return stream.read_to_end(&mut Vec::new()).map(drop);
        }
        let answer = format!("HTTP/1.1 {code} so it is\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.get_mut().write_all(answer.as_bytes())?;
        stream.get_mut().flush()
    }
}

/// Reads a line without its end; an empty one at the end of all.
fn read_line(stream: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line.trim_end().to_string())
}

/// Reads a mail up to the dot.
fn read_mail(stream: &mut impl BufRead) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end_matches(['\r', '\n']) {
            "." => return Ok(mail),
            line => mail += &format!("{line}\n"),
        }
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
