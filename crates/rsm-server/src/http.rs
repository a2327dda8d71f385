//! The listener: gRPC, gRPC-Web and Connect on one Unix socket, and `/healthz` beside them.
//!
//! Why one router: a Go program uses stock gRPC, an operator curl, and both meet the same handlers.
//!
//! Invariant: each connection's credentials are taken when it is accepted and stand for all its requests.

use crate::failure::Documented;
use crate::peer::{Credentials, Roles};
use crate::service::Service;
use axum::extract::connect_info::Connected;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::serve::IncomingStream;
use connectrpc::ConnectRpcService;
use rsm_model::access::Caller;
use rsm_wire::v1::{
    CleanerManagementExt, DatabaseNotificationExt, ExtensionExt, LibraryControlExt, MediaServicesExt,
    ObjectManagementExt, OperatorRequestExt, SessionManagementExt,
};
use std::future::Future;
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::OnceCell;

/// The other end of a connection; who it is is looked up at its first request.
#[derive(Clone, Debug)]
pub struct Peer {
    credentials: Option<Credentials>,
    caller: Arc<OnceCell<Option<Caller>>>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let credentials = stream.io().peer_cred().ok();
        let credentials = credentials.map(|cred| Credentials { uid: cred.uid(), gid: cred.gid() });
        Self { credentials, caller: Arc::default() }
    }
}

impl Peer {
    /// The caller behind the connection; none when the kernel does not tell.
    pub async fn caller(&self, roles: &Arc<Roles>) -> Option<Caller> {
        let credentials = self.credentials?;
        let look_up = async || {
            let roles = roles.clone();
            // The user directory may be a network away.
            tokio::task::spawn_blocking(move || roles.identify(credentials)).await.ok()
        };
        self.caller.get_or_init(look_up).await.clone()
    }
}

/// Serves the handlers on a socket until `stop` is done, then lets running calls end.
///
/// # Errors
/// The socket fails as a whole; a single connection that fails does not end it.
pub async fn serve(
    listener: UnixListener,
    service: Service,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(service);
    axum::serve(listener, app.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}

fn router(service: Service) -> axum::Router {
    let asked = service.clone();
    let service = Arc::new(service);
    let rpc = connectrpc::Router::new();
    let rpc = SessionManagementExt::register(service.clone(), rpc);
    let rpc = ObjectManagementExt::register(service.clone(), rpc);
    let rpc = LibraryControlExt::register(service.clone(), rpc);
    let rpc = CleanerManagementExt::register(service.clone(), rpc);
    let rpc = MediaServicesExt::register(service.clone(), rpc);
    let rpc = DatabaseNotificationExt::register(service.clone(), rpc);
    let rpc = OperatorRequestExt::register(service.clone(), rpc);
    let rpc = ExtensionExt::register(service, rpc);
    let rpc = ConnectRpcService::new(rpc).with_interceptor(Documented);
    let healthz = axum::routing::get(async move || health(asked.incarnation()));
    axum::Router::new().route("/healthz", healthz).fallback_service(rpc)
}

/// What a probe is told: its status says whether calls are taken.
fn health(incarnation: Option<u32>) -> impl IntoResponse {
    let (status, text) = match incarnation {
        Some(incarnation) => (StatusCode::OK, format!("{{\"ready\":true,\"incarnation\":{incarnation}}}\n")),
        None => (StatusCode::SERVICE_UNAVAILABLE, "{\"ready\":false}\n".to_string()),
    };
    (status, [(CONTENT_TYPE, "application/json")], text)
}
