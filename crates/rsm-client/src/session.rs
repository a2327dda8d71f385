//! A session and its typed calls.
//!
//! What: [`Session`], one method a function, and [`KeepAlive`], which renews the lease of an idle session. Why a
//! type: the session's id, its call numbers and its connections belong together, and several threads may use
//! them at once (OpenNtmsSession/open-threads-and-processes). Invariant: no two calls of a session carry the same
//! number, and a repetition carries the number of the call it repeats.

use crate::address::ServerAddress;
use crate::channel::Channel;
use crate::deadline::Patience;
use crate::error::ClientError;
use rsm_model::Guid;
use rsm_model::call::MountCall;
use rsm_model::generated::constants::mount::NTMS_MOUNT_NOWAIT;
use rsm_wire::v1;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often an idle session is renewed: three times within its lease of 60 s, so that two losses do no harm.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);

/// An open session.
#[derive(Debug)]
pub struct Session {
    pub(crate) id: String,
    application: String,
    pub(crate) channel: Channel,
    next_call: AtomicU64,
}

/// What a mount gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// The library request that does or did it.
    pub request: Option<Guid>,
    /// Drives used, in the order of the media; empty after a call with NTMS_MOUNT_NOWAIT.
    pub drives: Vec<Guid>,
}

impl Session {
    /// Opens a session for the user of this process (OpenNtmsSession). Without an application the service uses
    /// the name RSM; an option other than NTMS_SESSION_QUERYEXPEDITE is refused.
    pub fn open(
        address: &ServerAddress,
        application: Option<&str>,
        options: u32,
    ) -> Result<Session, ClientError> {
        let channel = Channel::new(address.clone());
        let request = v1::OpenNtmsSessionRequest {
            application: application.map(str::to_owned),
            options,
            ..Default::default()
        };
        let opened = channel.call(&request, Patience::Prompt)?;
        Ok(Session {
            id: opened.session,
            application: application.unwrap_or("RSM").to_owned(),
            channel,
            next_call: AtomicU64::new(1),
        })
    }

    /// Gives the id of the session as text.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Gives the name of the program that the session was opened for.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// Gives the address of the service.
    pub fn address(&self) -> &ServerAddress {
        self.channel.address()
    }

    /// Closes the session: calls that wait in it end with ERROR_CANCELLED, media stay mounted
    /// (CloseNtmsSession/close-cancels-synchronous-calls, close-mounted-media-undefined).
    pub fn close(&self) -> Result<(), ClientError> {
        let request = v1::CloseNtmsSessionRequest {
            session: self.id.clone(),
            call: self.number(),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Renews the lease and does nothing else (docs/spec/decisions.md, point 6).
    pub fn keep_alive(&self) -> Result<(), ClientError> {
        let request = v1::KeepAliveRequest { session: self.id.clone(), ..Default::default() };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Lists the objects of a kind in a container, or all of them (EnumerateNtmsObject). `object_type` is a number
    /// of NtmsObjectsTypes, `options` of NtmsEnumerateOption.
    pub fn enumerate(
        &self,
        container: Option<Guid>,
        object_type: u32,
        options: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::EnumerateNtmsObjectRequest {
            session: self.id.clone(),
            container: container.map(|id| id.to_string()),
            object_type,
            options,
            ..Default::default()
        };
        ids("EnumerateNtmsObject", &self.channel.call(&request, Patience::Prompt)?.ids)
    }

    /// Tells everything about one object (GetNtmsObjectInformation); type 0 lets the service find the kind.
    pub fn information(&self, object: Guid, object_type: u32) -> Result<v1::ObjectInformation, ClientError> {
        let request = v1::GetNtmsObjectInformationRequest {
            session: self.id.clone(),
            object: Some(object.to_string()),
            object_type,
            ..Default::default()
        };
        let method = "GetNtmsObjectInformation";
        self.channel
            .call(&request, Patience::Prompt)?
            .information
            .into_option()
            .ok_or_else(|| garbled(method, "it holds no information".to_owned()))
    }

    /// Writes everything about one object that can be changed (SetNtmsObjectInformation): what
    /// [`Session::information`] gave, altered. None stands for NULL.
    pub fn set_information(
        &self,
        object: Option<Guid>,
        information: Option<v1::ObjectInformation>,
    ) -> Result<(), ClientError> {
        let request = v1::SetNtmsObjectInformationRequest {
            session: self.id.clone(),
            call: self.number(),
            object: object.map(|id| id.to_string()),
            information: information.into(),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Queues an inventory, or stops one (InventoryNtmsLibrary); gives the library requests that carry it out.
    pub fn inventory(&self, library: Guid, action: u32) -> Result<Vec<Guid>, ClientError> {
        let request = v1::InventoryNtmsLibraryRequest {
            session: self.id.clone(),
            call: self.number(),
            library: Some(library.to_string()),
            action,
            ..Default::default()
        };
        ids("InventoryNtmsLibrary", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Mounts media and waits until they are ready, the time has run out or the session is closed
    /// (MountNtmsMedia).
    pub fn mount(&self, call: &MountCall) -> Result<Mounted, ClientError> {
        let request = v1::MountNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            media: texts(&call.media),
            drives: texts(&call.drives),
            options: call.options,
            priority: call.priority,
            timeout_ms: call.timeout_ms,
            ..Default::default()
        };
        let patience = if call.options & NTMS_MOUNT_NOWAIT != 0 {
            Patience::Prompt
        } else {
            Patience::Timeout { timeout_ms: call.timeout_ms }
        };
        let method = "MountNtmsMedia";
        let mounted = self.channel.call(&request, patience)?;
        let request = match mounted.request.as_str() {
            "" => None,
            text => Some(id(method, text)?),
        };
        Ok(Mounted { request, drives: ids(method, &mounted.drives)? })
    }

    /// Releases media (DismountNtmsMedia); gives the library requests that carry it out. Success means that the
    /// work is queued, not that it is done.
    pub fn dismount(&self, media: &[Guid], options: u32) -> Result<Vec<Guid>, ClientError> {
        let request = v1::DismountNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            media: texts(media),
            options,
            ..Default::default()
        };
        ids("DismountNtmsMedia", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Writes blocks from the start of the medium in a drive, and a filemark behind them; the caller must have
    /// mounted it for writing. At most 16 blocks of at most 65,536 bytes.
    pub fn write_blocks(&self, drive: Guid, blocks: Vec<Vec<u8>>) -> Result<(), ClientError> {
        let request = v1::WriteBlocksRequest {
            session: self.id.clone(),
            call: self.number(),
            drive: drive.to_string(),
            blocks,
            ..Default::default()
        };
        self.channel.call(&request, DATA_PATIENCE).map(drop)
    }

    /// Reads blocks from the start of the medium in a drive, up to the first filemark; `count` is 1 to 16.
    pub fn read_blocks(&self, drive: Guid, count: u32) -> Result<Vec<Vec<u8>>, ClientError> {
        let request = v1::ReadBlocksRequest {
            session: self.id.clone(),
            call: self.number(),
            drive: drive.to_string(),
            count,
            ..Default::default()
        };
        let read = self.channel.call(&request, DATA_PATIENCE)?;
        Ok(read.blocks)
    }

    /// Tells what the robots did and why, newest last; at most `limit` lines.
    pub fn history(&self, library: Option<Guid>, limit: u32) -> Result<Vec<v1::HistoryLine>, ClientError> {
        let request = v1::HistoryRequest {
            session: self.id.clone(),
            library: library.map(|id| id.to_string()),
            limit,
            ..Default::default()
        };
        Ok(self.channel.call(&request, Patience::Prompt)?.lines)
    }

    /// Tells why a library request waits, and its place in the queue.
    pub fn explain(&self, request: Guid) -> Result<v1::ExplainRequestResponse, ClientError> {
        let request = v1::ExplainRequestRequest {
            session: self.id.clone(),
            request: request.to_string(),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt)
    }

    /// Queues the reading of labels (extension): of these media, or of up to `most` that no drive has read yet, of one
    /// library or all; 0 is no limit. Gives the library requests that carry it out.
    pub fn classify(
        &self,
        library: Option<Guid>,
        media: &[Guid],
        most: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::ClassifyRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            media: texts(media),
            most,
            ..Default::default()
        };
        ids("Classify", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Calls any function by its path with its fields as JSON. `session` and `call` are filled in where the
    /// function takes them and the caller left them out; a `timeoutMs` among the fields sets the patience.
    pub fn raw(&self, path: &str, fields: Map<String, Value>) -> Result<Value, ClientError> {
        let method = path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut fields = fields;
        if method != "OpenNtmsSession" {
            fields.entry("session").or_insert_with(|| Value::from(self.id.clone()));
        }
        if NUMBERED.contains(&method.as_str()) {
            fields.entry("call").or_insert_with(|| Value::from(self.number().to_string()));
        }
        let timeout = fields.get("timeoutMs").or_else(|| fields.get("timeout_ms")).and_then(Value::as_u64);
        let patience = match timeout.and_then(|timeout| u32::try_from(timeout).ok()) {
            Some(timeout_ms) => Patience::Timeout { timeout_ms },
            None if DATA_FUNCTIONS.contains(&method.as_str()) => DATA_PATIENCE,
            None => Patience::Prompt,
        };
        let body = Value::from(fields).to_string();
        let answer = self.channel.post(path, body.as_bytes(), patience)?;
        serde_json::from_slice(&answer).map_err(|error| garbled(&method, error.to_string()))
    }

    /// Keeps the session's lease alive until the guard is dropped.
    pub fn keep_alive_while(self: &Arc<Self>) -> KeepAlive {
        KeepAlive::start(Arc::clone(self))
    }

    pub(crate) fn number(&self) -> u64 {
        self.next_call.fetch_add(1, Ordering::Relaxed)
    }
}

/// How long data steps may take: a drive locates and may first have to recover (lessons, rule 4).
const DATA_PATIENCE: Patience = Patience::Timeout { timeout_ms: 900_000 };

/// Functions of the extension service that move data.
const DATA_FUNCTIONS: [&str; 2] = ["WriteBlocks", "ReadBlocks"];

/// Functions whose requests carry a call number.
const NUMBERED: [&str; 36] = [
    "CloseNtmsSession",
    "SetNtmsObjectInformation",
    "DisableNtmsObject",
    "EnableNtmsObject",
    "InventoryNtmsLibrary",
    "CancelNtmsLibraryRequest",
    "SetNtmsRequestOrder",
    "DeleteNtmsRequests",
    "DismountNtmsDrive",
    "EjectNtmsMedia",
    "AccessNtmsLibraryDoor",
    "IdentifyNtmsSlot",
    "CleanNtmsDrive",
    "ReserveNtmsCleanerSlot",
    "ReleaseNtmsCleanerSlot",
    "EjectNtmsCleaner",
    "InjectNtmsCleaner",
    "InjectNtmsMedia",
    "MountNtmsMedia",
    "DismountNtmsMedia",
    "CreateNtmsMediaPool",
    "MoveToNtmsMediaPool",
    "AllocateNtmsMedia",
    "DeallocateNtmsMedia",
    "OpenNtmsNotification",
    "WaitForNtmsNotification",
    "CloseNtmsNotification",
    "WriteBlocks",
    "ReadBlocks",
    "Classify",
    "SubmitNtmsOperatorRequest",
    "WaitForNtmsOperatorRequest",
    "SatisfyNtmsOperatorRequest",
    "CancelNtmsOperatorRequest",
    "AcknowledgeOperatorRequest",
    "HoldLibrary",
];

/// Renews a session's lease from a thread of its own; ends when it is dropped.
#[derive(Debug)]
pub struct KeepAlive {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl KeepAlive {
    fn start(session: Arc<Session>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("rsm-keep-alive".to_owned()).spawn(move || {
            while stopped.recv_timeout(KEEP_ALIVE_EVERY) == Err(RecvTimeoutError::Timeout) {
                // A service that is away, or whose disk is full, is asked again next time; one that no longer knows
                // the session has ended it, and no renewal can bring it back.
                if session.keep_alive().is_err_and(|error| error.ends_the_session()) {
                    return;
                }
            }
        });
        // Without a thread the lease is renewed by the calls alone, which is what a busy session needs.
        Self { stop: Some(stop), thread: thread.ok() }
    }
}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The thread may sit in a call to a service that is away: it is left to end by itself.
        drop(self.thread.take());
    }
}

pub(crate) fn texts(ids: &[Guid]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

pub(crate) fn id(method: &str, text: &str) -> Result<Guid, ClientError> {
    text.parse().map_err(|error| garbled(method, format!("{error}")))
}

pub(crate) fn ids(method: &str, texts: &[String]) -> Result<Vec<Guid>, ClientError> {
    texts.iter().map(|text| id(method, text)).collect()
}

fn garbled(method: &str, cause: String) -> ClientError {
    ClientError::Garbled { method: method.to_owned(), cause }
}
