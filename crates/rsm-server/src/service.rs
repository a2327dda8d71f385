//! The handlers: each decodes, identifies its caller, and asks the desk or a reader.
//!
//! ```text
//!   starting: ERROR_NOT_READY ──Handover::hand_over, once──► serving: desk, readers
//! ```
//!
//! Why so thin: the wire's conversions stand in `rsm-wire`, the rules in the engine. A handler adds who is calling.
//!
//! Invariants: a changing call goes to the desk and nowhere else, a question to a reader and nowhere else, a call about
//! notifications to their board; a future
//! that is dropped because its client went leaves the call to go on (decision 26). Until the desk is handed over every
//! call is refused and leaves nothing; from then on none is refused for that reason.

#![allow(refining_impl_trait)]

use crate::desk_thread::DeskHandle;
use crate::failure::{error_of, error_of_wrong};
use crate::http::Peer;
use crate::notices::Notices;
use crate::peer::Roles;
use crate::reads::{Readers, Renewal, Seen};
use axum::extract::ConnectInfo;
use connectrpc::{ConnectError, RequestContext, Response, ServiceRequest, ServiceResult};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{Call, NoticeCall, Query, Refusal, Reply};
use rsm_wire::{Addressed, WrongReply, v1};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What all handlers share.
#[derive(Clone)]
pub struct Service {
    /// Empty while the manager starts; filled once and never emptied.
    serving: Arc<OnceLock<Serving>>,
    roles: Arc<Roles>,
}

/// What answers calls once the manager has started.
pub struct Serving {
    desk: DeskHandle,
    readers: Readers,
    notices: Notices,
    seen: Seen,
    incarnation: u32,
}

/// The right to let a service that starts answer its calls; used once.
pub struct Handover {
    serving: Arc<OnceLock<Serving>>,
}

impl Serving {
    /// Takes a running desk, readers of its database, the notifications of what it commits, and which of the manager's
    /// lives this is; `lease` is how long a session lives without a sign.
    pub fn new(
        desk: DeskHandle,
        readers: Readers,
        notices: Notices,
        incarnation: u32,
        lease: Duration,
    ) -> Self {
        Self { desk, readers, notices, seen: Seen::new(lease), incarnation }
    }
}

impl Handover {
    /// Lets the calls from now on be carried out, those of connections that are open already too.
    pub fn hand_over(self, serving: Serving) {
        // There is one handover for a service, and it ends here: the place is empty.
        self.serving.get_or_init(|| serving);
    }
}

impl Service {
    /// Makes the handlers over what answers; `roles` say what a caller is.
    pub fn new(serving: Serving, roles: Roles) -> Self {
        Self { serving: Arc::new(OnceLock::from(serving)), roles: Arc::new(roles) }
    }

    /// Makes the handlers before there is a desk: each call is answered ERROR_NOT_READY until one is handed over
    /// (OpenNtmsSession/open-not-ready-conflict: opening a session too).
    pub fn starting(roles: Roles) -> (Self, Handover) {
        let serving: Arc<OnceLock<Serving>> = Arc::default();
        (Self { serving: serving.clone(), roles: Arc::new(roles) }, Handover { serving })
    }

    /// Which of the manager's lives this is; none while it starts.
    pub fn incarnation(&self) -> Option<u32> {
        self.serving.get().map(|serving| serving.incarnation)
    }

    /// What answers. A call asks once, so it is either refused or carried out.
    fn serving(&self) -> Result<&Serving, ConnectError> {
        self.serving.get().ok_or_else(|| error_of(&starting()))
    }

    /// Identifies the caller of a request by its connection.
    async fn caller(&self, context: &RequestContext) -> Result<Caller, ConnectError> {
        let unknown = || {
            let refusal = Refusal::new(Code::AccessDenied, "the kernel does not say who is calling")
                .next("connect through the manager's Unix socket");
            error_of(&refusal)
        };
        let ConnectInfo(peer) = context.extensions().get::<ConnectInfo<Peer>>().ok_or_else(unknown)?;
        peer.caller(&self.roles).await.ok_or_else(unknown)
    }

    /// Carries out a changing call.
    async fn change<Request, Answer>(
        &self,
        context: &RequestContext,
        request: Request,
    ) -> ServiceResult<Answer>
    where
        Addressed<Call>: TryFrom<Request, Error = Refusal>,
        Answer: TryFrom<Reply, Error = WrongReply>,
    {
        let serving = self.serving()?;
        let call = Addressed::try_from(request).map_err(|refusal| error_of(&refusal))?;
        let caller = self.caller(context).await?;
        let reply = serving.desk.call(caller, call).await.map_err(|refusal| error_of(&refusal))?;
        answer(reply)
    }

    /// Answers a question, and lets it renew its session's lease.
    async fn question<Request, Answer>(
        &self,
        context: &RequestContext,
        request: Request,
    ) -> ServiceResult<Answer>
    where
        Addressed<Query>: TryFrom<Request, Error = Refusal>,
        Answer: TryFrom<Reply, Error = WrongReply>,
    {
        let serving = self.serving()?;
        let query = Addressed::<Query>::try_from(request).map_err(|refusal| error_of(&refusal))?;
        let session = query.session;
        let caller = self.caller(context).await?;
        let reply = serving.readers.read(caller, query).await.map_err(|refusal| error_of(&refusal))?;
        // Only a question that was answered renews: a stranger's guess does not keep a session alive.
        if let Some(session) = session
            && serving.seen.see(session, Instant::now()) == Renewal::Due
        {
            serving.desk.session_seen(session);
        }
        answer(reply)
    }
}

impl Service {
    /// Answers a call about notifications; its caller may wait long, and keeps neither a thread nor a reader.
    async fn notice<Request, Answer>(
        &self,
        context: &RequestContext,
        request: Request,
    ) -> ServiceResult<Answer>
    where
        Addressed<NoticeCall>: TryFrom<Request, Error = Refusal>,
        Answer: TryFrom<Reply, Error = WrongReply>,
    {
        let serving = self.serving()?;
        let call = Addressed::<NoticeCall>::try_from(request).map_err(|refusal| error_of(&refusal))?;
        let caller = self.caller(context).await?;
        let reply = serving.notices.call(caller, call).await.map_err(|refusal| error_of(&refusal))?;
        answer(reply)
    }
}

/// The refusal of a call that comes before the desk is open.
fn starting() -> Refusal {
    let sentence =
        "the manager is starting: it opens its database and ends what its former life left unfinished";
    Refusal::new(Code::NotReady, sentence).next("try again in a moment")
}

fn answer<Answer: TryFrom<Reply, Error = WrongReply>>(reply: Reply) -> ServiceResult<Answer> {
    Response::ok(Answer::try_from(reply).map_err(|wrong| error_of_wrong(&wrong))?)
}

/// Writes the handlers of a service: each is its request's conversion and nothing else.
macro_rules! handlers {
    ($service:ident { $($way:ident $name:ident: $request:ident => $response:ident;)+ }) => {
        impl v1::$service for Service {
            $(
                async fn $name(
                    &self,
                    context: RequestContext,
                    request: ServiceRequest<'_, v1::$request>,
                ) -> ServiceResult<v1::$response> {
                    self.$way(&context, request.to_owned_message()).await
                }
            )+
        }
    };
}

handlers!(SessionManagement {
    change open_ntms_session: OpenNtmsSessionRequest => OpenNtmsSessionResponse;
    change close_ntms_session: CloseNtmsSessionRequest => CloseNtmsSessionResponse;
});

handlers!(ObjectManagement {
    question enumerate_ntms_object: EnumerateNtmsObjectRequest => EnumerateNtmsObjectResponse;
    question get_ntms_object_information: GetNtmsObjectInformationRequest => GetNtmsObjectInformationResponse;
    change set_ntms_object_information: SetNtmsObjectInformationRequest => SetNtmsObjectInformationResponse;
    change disable_ntms_object: DisableNtmsObjectRequest => DisableNtmsObjectResponse;
    change enable_ntms_object: EnableNtmsObjectRequest => EnableNtmsObjectResponse;
});

handlers!(LibraryControl {
    change inventory_ntms_library: InventoryNtmsLibraryRequest => InventoryNtmsLibraryResponse;
    change cancel_ntms_library_request: CancelNtmsLibraryRequestRequest => CancelNtmsLibraryRequestResponse;
    question get_ntms_request_order: GetNtmsRequestOrderRequest => GetNtmsRequestOrderResponse;
    change set_ntms_request_order: SetNtmsRequestOrderRequest => SetNtmsRequestOrderResponse;
    change delete_ntms_requests: DeleteNtmsRequestsRequest => DeleteNtmsRequestsResponse;
    change eject_ntms_media: EjectNtmsMediaRequest => EjectNtmsMediaResponse;
    change inject_ntms_media: InjectNtmsMediaRequest => InjectNtmsMediaResponse;
    change access_ntms_library_door: AccessNtmsLibraryDoorRequest => AccessNtmsLibraryDoorResponse;
    change identify_ntms_slot: IdentifyNtmsSlotRequest => IdentifyNtmsSlotResponse;
    change dismount_ntms_drive: DismountNtmsDriveRequest => DismountNtmsDriveResponse;
});

handlers!(CleanerManagement {
    change clean_ntms_drive: CleanNtmsDriveRequest => CleanNtmsDriveResponse;
    change inject_ntms_cleaner: InjectNtmsCleanerRequest => InjectNtmsCleanerResponse;
    change eject_ntms_cleaner: EjectNtmsCleanerRequest => EjectNtmsCleanerResponse;
    change reserve_ntms_cleaner_slot: ReserveNtmsCleanerSlotRequest => ReserveNtmsCleanerSlotResponse;
    change release_ntms_cleaner_slot: ReleaseNtmsCleanerSlotRequest => ReleaseNtmsCleanerSlotResponse;
});

handlers!(MediaServices {
    change mount_ntms_media: MountNtmsMediaRequest => MountNtmsMediaResponse;
    change dismount_ntms_media: DismountNtmsMediaRequest => DismountNtmsMediaResponse;
    change create_ntms_media_pool: CreateNtmsMediaPoolRequest => CreateNtmsMediaPoolResponse;
    question get_ntms_media_pool_name: GetNtmsMediaPoolNameRequest => GetNtmsMediaPoolNameResponse;
    change move_to_ntms_media_pool: MoveToNtmsMediaPoolRequest => MoveToNtmsMediaPoolResponse;
    change allocate_ntms_media: AllocateNtmsMediaRequest => AllocateNtmsMediaResponse;
    change deallocate_ntms_media: DeallocateNtmsMediaRequest => DeallocateNtmsMediaResponse;
});

handlers!(DatabaseNotification {
    notice open_ntms_notification: OpenNtmsNotificationRequest => OpenNtmsNotificationResponse;
    notice wait_for_ntms_notification: WaitForNtmsNotificationRequest => WaitForNtmsNotificationResponse;
    notice close_ntms_notification: CloseNtmsNotificationRequest => CloseNtmsNotificationResponse;
});

handlers!(OperatorRequest {
    change submit_ntms_operator_request: SubmitNtmsOperatorRequestRequest => SubmitNtmsOperatorRequestResponse;
    change wait_for_ntms_operator_request: WaitForNtmsOperatorRequestRequest => WaitForNtmsOperatorRequestResponse;
    change satisfy_ntms_operator_request: SatisfyNtmsOperatorRequestRequest => SatisfyNtmsOperatorRequestResponse;
    change cancel_ntms_operator_request: CancelNtmsOperatorRequestRequest => CancelNtmsOperatorRequestResponse;
});

handlers!(Extension {
    change keep_alive: KeepAliveRequest => KeepAliveResponse;
    change write_blocks: WriteBlocksRequest => WriteBlocksResponse;
    change read_blocks: ReadBlocksRequest => ReadBlocksResponse;
    question history: HistoryRequest => HistoryResponse;
    question explain_request: ExplainRequestRequest => ExplainRequestResponse;
    change classify: ClassifyRequest => ClassifyResponse;
    change acknowledge_operator_request: AcknowledgeOperatorRequestRequest => AcknowledgeOperatorRequestResponse;
    change hold_library: HoldLibraryRequest => HoldLibraryResponse;
});
