//! Operator requests by HTTP: one POST with a JSON body for each.
//!
//! Why a connection for each: requests are rare, and a connection that was kept may be dead without anybody knowing.
//! Invariants: neither token nor key nor the path of the URL is told to the log; a redirection is not followed, for it
//! would carry them elsewhere; of the answer no more than its status is read.

use super::Failed;
use super::words::Notice;
use crate::config::delivery::{Url, Webhook};
use anyhow::Context;
use aws_lc_rs::hmac;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The header with the signature of the body: `sha256=` and hexadecimal digits.
pub const SIGNATURE: &str = "x-rsm-signature";
/// The header with the request's id, the same at each try.
pub const DELIVERY: &str = "x-rsm-delivery";

/// What a server says of the message and not of itself: trying again would not help.
const OF_THE_MESSAGE: [StatusCode; 4] = [
    StatusCode::BAD_REQUEST,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
];

/// A web server that takes posts.
pub struct WebhookTarget {
    url: Url,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    key: Option<hmac::Key>,
    token: Option<HeaderValue>,
}

impl WebhookTarget {
    /// Makes ready what is configured; nobody is spoken to yet.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn new(hook: &Webhook) -> anyhow::Result<Self> {
        let tls = hook.url.is_tls().then(|| connector(hook)).transpose()?;
        let key = hook.secret_file.as_ref().map(|path| super::secret("secret_file", path)).transpose()?;
        let token = hook.token_file.as_ref().map(|path| bearer(path)).transpose()?;
        let key = key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
        Ok(Self { url: hook.url.clone(), tls, key, token })
    }

    fn request(&self, notice: &Notice) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let body = notice.json().to_string();
        let path = self.url.0.path_and_query().map_or("/", |path| path.as_str());
        let authority = self.url.0.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let mut request = Request::post(path)
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("rsmd/", env!("CARGO_PKG_VERSION")))
            .header(DELIVERY, notice.request.id.to_string());
        if let Some(key) = &self.key {
            request = request.header(SIGNATURE, signature(key, body.as_bytes()));
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        request.body(Full::new(Bytes::from(body)))
    }

    async fn post(&self, request: Request<Full<Bytes>>) -> Result<StatusCode, String> {
        let stream = TcpStream::connect((self.url.host(), self.url.port())).await;
        let stream = stream.map_err(|error| format!("{} cannot be reached: {error}", self.url))?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await;
                exchange(stream.map_err(|error| format!("{}: no TLS: {error}", self.url))?, request).await
            }
        }
    }

    /// Posts one notice.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn tell(&self, notice: &Notice) -> Result<(), Failed> {
        let request = self.request(notice).map_err(|error| Failed::For(error.to_string()))?;
        let status = self.post(request).await.map_err(Failed::Now)?;
        let told = || format!("{} answered {status}", self.url);
        match status {
            _ if status.is_success() => Ok(()),
            _ if OF_THE_MESSAGE.contains(&status) => Err(Failed::For(told())),
            _ => Err(Failed::Now(told())),
        }
    }
}

/// Sends one request and reads the head of its answer.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let told = |error: hyper::Error| format!("the exchange failed: {}", super::with_causes(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(told)?;
    // It works on the connection until the exchange is over, or the server hangs up: then the answer says so.
    let working = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    let status = answer.map(|answer| answer.status()).map_err(told);
    working.abort();
    status
}

fn signature(key: &hmac::Key, body: &[u8]) -> String {
    let mut text = "sha256=".to_string();
    for byte in hmac::sign(key, body).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bearer(path: &Path) -> anyhow::Result<HeaderValue> {
    let token = super::secret("token_file", path)?;
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok().with_context(|| {
        format!("token_file {} holds no token: it is one line of letters", path.display())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// What TLS trusts: the system's certificates, and those that are configured.
fn connector(hook: &Webhook) -> anyhow::Result<(TlsConnector, ServerName<'static>)> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &hook.ca_file {
        let wrong = || format!("ca_file {} cannot be used; give a PEM file of certificates", path.display());
        for certificate in CertificateDer::pem_file_iter(path).with_context(wrong)? {
            roots.add(certificate.with_context(wrong)?).with_context(wrong)?;
        }
    }
    anyhow::ensure!(
        !roots.is_empty(),
        "this system trusts no certificate; install its certificates or set ca_file"
    );
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be had")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = hook.url.host().to_string();
    let name = ServerName::try_from(host).context("the host of the URL is no name for TLS")?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_everybody_checks_it() {
        // RFC 4231, test case 2.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        assert_eq!(
            signature(&key, b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
