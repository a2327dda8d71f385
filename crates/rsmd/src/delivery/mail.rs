//! Operator requests by mail: plain text, by SMTP.
//!
//! Why the same `Message-ID` for each try: where a mail was taken and the answer was lost, the second is known to be the
//! same (decision note 0013). Invariant: nothing that is said to a stranger's server or to the log holds the password.

use super::Failed;
use super::words::Notice;
use crate::config::delivery::{Mail, Security};
use anyhow::Context;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// How long the server may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Codes by which a server speaks of itself or of who talks to it, not of the mail: they are tried again.
const OF_THE_SERVER: [u16; 9] = [500, 502, 503, 504, 521, 530, 534, 535, 538];

/// A mail server that takes mails for some people.
pub struct MailTarget {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    name: String,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl MailTarget {
    /// Makes ready what is configured; nobody is spoken to yet.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn new(mail: &Mail) -> anyhow::Result<Self> {
        let host = &mail.server.host;
        let parameters = || -> anyhow::Result<TlsParameters> {
            let mut builder = TlsParameters::builder(host.clone());
            if let Some(path) = &mail.ca_file {
                let pem = std::fs::read(path).with_context(|| unreadable("ca_file", path))?;
                let certificate = Certificate::from_pem(&pem).with_context(|| unreadable("ca_file", path))?;
                builder = builder.add_root_certificate(certificate);
            }
            builder.build().context("TLS cannot be had")
        };
        let tls = match mail.security {
            Security::StartTls => Tls::Required(parameters()?),
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::None => Tls::None,
        };
        let port = mail.server.port.unwrap_or(mail.security.port());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str())
            .port(port)
            .tls(tls)
            .timeout(Some(ANSWER_WITHIN))
            .hello_name(hello());
        if let (Some(user), Some(path)) = (&mail.user, &mail.password_file) {
            let password = super::secret("password_file", path)?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        let to = mail.to.iter().map(|address| address.0.clone()).collect();
        Ok(Self { transport: builder.build(), name: mail.name.clone(), from: mail.from.0.clone(), to })
    }

    fn message(&self, notice: &Notice) -> Result<Message, lettre::error::Error> {
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{}.{}@{domain}>", notice.request.id, self.name)))
            .subject(notice.subject());
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        builder.header(ContentType::TEXT_PLAIN).body(notice.text())
    }

    /// Sends one mail to all.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn tell(&self, notice: &Notice) -> Result<(), Failed> {
        let message = self.message(notice).map_err(|error| Failed::For(error.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.status().map(u16::from);
                let of_the_mail =
                    error.is_permanent() && code.is_none_or(|code| !OF_THE_SERVER.contains(&code));
                let told = super::with_causes(&error);
                Err(if of_the_mail { Failed::For(told) } else { Failed::Now(told) })
            }
        }
    }
}

fn unreadable(key: &str, path: &std::path::Path) -> String {
    format!("{key} {} cannot be used; give a file that this user may read", path.display())
}

/// How this machine calls itself to a mail server.
fn hello() -> ClientId {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    if name.is_empty() || !name.chars().all(fits) { ClientId::default() } else { ClientId::Domain(name) }
}
