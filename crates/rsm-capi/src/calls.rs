//! What the C functions mean: arguments in Rust's types, sessions by handle, answers as codes.
//!
//! Why apart from the exports: those are generated and know pointers; this knows the service and no pointer, so
//! it is ordinary code with ordinary tests. Invariant: every function answers with a documented code, whatever
//! the service or the connection does.

use crate::generated::{Guid, Handle};
use crate::handles;
use rsm_client::{ClientError, ComputerName, Notification, ServerAddress, Session, computer_name, v1};
use rsm_model::Code;
use rsm_model::call::{AllocateCall, CreatePoolCall, MountCall, SubmitCall};
use rsm_model::generated::constants::allocate::NTMS_ALLOCATE_NEXT;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_FORCE, NTMS_EJECT_START, NTMS_EJECT_STOP, NTMS_INJECT_START, NTMS_INJECT_STARTMANY,
    NTMS_INJECT_STOP,
};
use rsm_model::generated::constants::mount::{NTMS_MOUNT_NOWAIT, NTMS_MOUNT_SPECIFIC_DRIVE};
use rsm_model::ids;
use std::sync::Arc;

/// OpenNtmsSession: connects to the service of this host.
///
/// A server that is no computer name: ERROR_INVALID_COMPUTERNAME (OpenNtmsSession/open-name-format). Another
/// host, or a service that does not answer: ERROR_NOT_CONNECTED.
pub fn open_session(
    server: Option<String>,
    application: Option<String>,
    options: u32,
) -> Result<Handle, Code> {
    match computer_name(server.as_deref(), &host_name()) {
        ComputerName::Local => {}
        ComputerName::Malformed => return Err(Code::InvalidComputername),
        ComputerName::Remote => return Err(Code::NotConnected),
    }
    let application = application.filter(|name| !name.is_empty());
    let session =
        Session::open(&ServerAddress::local(), application.as_deref(), options).map_err(|e| e.code())?;
    let session = Arc::new(session);
    let Some(handle) = handles::insert(Arc::clone(&session)) else {
        // The service would keep it until its lease lapses; an error here changes nothing for the caller.
        let _unheard = session.close();
        return Err(Code::NotEnoughMemory);
    };
    Ok(handle)
}

/// Refuses a handle that is no open session of this process.
pub fn check_session(handle: Handle) -> Result<(), Code> {
    find(handle).map(drop)
}

/// CloseNtmsSession: the handle is dead at once; calls that wait in the session end with ERROR_CANCELLED.
pub fn close_session(handle: Handle) -> Code {
    let Some(session) = handles::remove(handle) else { return Code::InvalidHandle };
    match session.close() {
        Ok(()) => Code::Success,
        Err(ClientError::Refused(refusal)) => refusal.code().unwrap_or(Code::InvalidHandle),
        // CloseNtmsSession/ERROR_CONNECTION_UNAVAIL; the service lets the session lapse.
        Err(_) => Code::ConnectionUnavail,
    }
}

/// EnumerateNtmsObject: the ids that fit, and how many there are.
pub fn enumerate(
    handle: Handle,
    container: Option<Guid>,
    capacity: u32,
    object_type: u32,
    options: u32,
) -> Result<(Vec<Guid>, u32), Code> {
    let session = find(handle)?;
    let found =
        session.enumerate(container.map(to_model), object_type, options).map_err(|error| error.code())?;
    let total = u32::try_from(found.len()).map_err(|_| Code::NotEnoughMemory)?;
    let fitting = found.into_iter().take(capacity as usize).map(from_model).collect();
    Ok((fitting, total))
}

/// GetNtmsObjectInformation: everything about an object; type 0 lets the service find the type.
pub fn information(
    handle: Handle,
    object: Option<Guid>,
    object_type: u32,
) -> Result<v1::ObjectInformation, Code> {
    let session = find(handle)?;
    let object = object.ok_or(Code::InvalidParameter)?;
    session.information(to_model(object), object_type).map_err(|error| error.code())
}

/// SetNtmsObjectInformation: writes everything that can be changed.
pub fn set_information(
    handle: Handle,
    object: Option<Guid>,
    information: Option<v1::ObjectInformation>,
) -> Code {
    done(find(handle).map(|session| session.set_information(object.map(to_model), information)))
}

/// CreateNtmsMediaPool: the id of the pool that was created or opened.
pub fn create_pool(
    handle: Handle,
    name: Option<String>,
    media_type: Option<Guid>,
    action: u32,
    security: Option<Vec<u8>>,
) -> Result<Guid, Code> {
    let session = find(handle)?;
    let call = CreatePoolCall { name, media_type: media_type.map(to_model), action, security };
    session.create_pool(&call).map(from_model).map_err(|error| error.code())
}

/// GetNtmsMediaPoolName: every level from the top.
pub fn pool_name(handle: Handle, pool: Option<Guid>) -> Result<String, Code> {
    find(handle)?.pool_name(pool.map(to_model)).map_err(|error| error.code())
}

/// MoveToNtmsMediaPool: success means that the medium is in the pool; a free label may still be on its way to it.
pub fn move_to_pool(handle: Handle, medium: Option<Guid>, pool: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.move_to_pool(medium.map(to_model), pool.map(to_model))))
}

/// AllocateNtmsMedia: the logical medium, and the pool that the medium came from. `before` means something with
/// NTMS_ALLOCATE_NEXT alone.
pub fn allocate(
    handle: Handle,
    pool: Option<Guid>,
    side: Option<Guid>,
    before: Guid,
    options: u32,
    timeout_ms: u32,
) -> Result<(Guid, Guid), Code> {
    let session = find(handle)?;
    let is_next = options & NTMS_ALLOCATE_NEXT != 0;
    let call = AllocateCall {
        pool: pool.map(to_model),
        side: side.map(to_model),
        logical: is_next.then(|| to_model(before)),
        options,
        timeout_ms,
    };
    let allocated = session.allocate(&call).map_err(|error| error.code())?;
    Ok((from_model(allocated.logical_medium), from_model(allocated.from)))
}

/// DeallocateNtmsMedia: success means that the logical medium is gone.
pub fn deallocate(handle: Handle, logical: Option<Guid>, options: u32) -> Code {
    done(find(handle).map(|session| session.deallocate(logical.map(to_model), options)))
}

/// MountNtmsMedia: waits until the media are ready; then `drives` names where, in the order of the media.
pub fn mount(
    handle: Handle,
    media: &[Guid],
    drives: &mut [Guid],
    options: u32,
    priority: i32,
    timeout_ms: u32,
) -> Code {
    let session = match find(handle) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let wanted = if options & NTMS_MOUNT_SPECIFIC_DRIVE != 0 { &drives[..] } else { &[] };
    let call = MountCall {
        media: media.iter().copied().map(to_model).collect(),
        drives: wanted.iter().copied().map(to_model).collect(),
        options,
        priority,
        timeout_ms,
    };
    match session.mount(&call) {
        // Nothing is mounted yet, so there is no drive to name (MountNtmsMedia/mount-nowait).
        Ok(_) if options & NTMS_MOUNT_NOWAIT != 0 => Code::Success,
        Ok(mounted) if mounted.drives.len() == drives.len() => {
            for (place, drive) in drives.iter_mut().zip(mounted.drives) {
                *place = from_model(drive);
            }
            Code::Success
        }
        // An answer without the drives is no answer of this service.
        Ok(_) => Code::NotConnected,
        Err(error) => error.code(),
    }
}

/// InventoryNtmsLibrary: success means that the slots are marked and the work is queued.
pub fn inventory(handle: Handle, library: Option<Guid>, action: u32) -> Code {
    let Some(library) = library else { return Code::InvalidParameter };
    done(find(handle).map(|session| session.inventory(to_model(library), action)))
}

/// CancelNtmsLibraryRequest: success means that the request is cancelled, or will be when its cartridge is back.
pub fn cancel_request(handle: Handle, request: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.cancel_request(request.map(to_model))))
}

/// GetNtmsRequestOrder: 0 for a request that has no order number.
pub fn request_order(handle: Handle, request: Option<Guid>) -> Result<u32, Code> {
    find(handle)?.request_order(request.map(to_model)).map_err(|error| error.code())
}

/// SetNtmsRequestOrder: 1 is next, a very large number is last.
pub fn set_request_order(handle: Handle, request: Option<Guid>, order: u32) -> Code {
    done(find(handle).map(|session| session.set_request_order(request.map(to_model), order)))
}

/// DeleteNtmsRequests: whatever has not ended stays, and is no error.
pub fn delete_requests(handle: Handle, requests: &[Guid], object_type: u32) -> Code {
    let requests: Vec<ids::Guid> = requests.iter().copied().map(to_model).collect();
    done(find(handle).map(|session| session.delete_requests(&requests, object_type)))
}

/// EjectNtmsMedia: the ejection that was started, which its caller gets the id of; none when one is stopped, or a medium
/// collected. Without a place for that id, or with none to stop, nothing is asked.
pub fn eject(
    handle: Handle,
    medium: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Result<Option<Guid>, Code> {
    let session = find(handle)?;
    let starts = matches!(action, NTMS_EJECT_START | NTMS_EJECT_FORCE);
    if operation.is_none() && (starts || action == NTMS_EJECT_STOP) {
        return Err(Code::InvalidParameter);
    }
    let stopped = operation.filter(|_| action == NTMS_EJECT_STOP);
    let requests =
        session.eject(medium.map(to_model), stopped.map(to_model), action).map_err(|error| error.code())?;
    Ok(requests.first().copied().filter(|_| starts).map(from_model))
}

/// AccessNtmsLibraryDoor: success means that the access is queued.
pub fn access_door(handle: Handle, library: Option<Guid>, action: u32) -> Code {
    done(find(handle).map(|session| session.access_door(library.map(to_model), action)))
}

/// IdentifyNtmsSlot: success means that the medium has been identified, or that the slot is empty.
pub fn identify_slot(handle: Handle, slot: Option<Guid>, option: u32) -> Code {
    done(find(handle).map(|session| session.identify_slot(slot.map(to_model), option)))
}

/// DismountNtmsDrive: success means that the dismount is queued, or that the stand-alone drive is dismountable.
pub fn dismount_drive(handle: Handle, drive: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.dismount_drive(drive.map(to_model))))
}

/// DisableNtmsObject: success means that the change is queued.
pub fn disable(handle: Handle, object_type: u32, object: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.disable(object_type, object.map(to_model))))
}

/// EnableNtmsObject: success means that the change is queued.
pub fn enable(handle: Handle, object_type: u32, object: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.enable(object_type, object.map(to_model))))
}

/// CleanNtmsDrive: success means that the cleaning is queued, or that the stand-alone drive is noted as cleaned.
pub fn clean_drive(handle: Handle, drive: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.clean_drive(drive.map(to_model))))
}

/// ReserveNtmsCleanerSlot: success means that the reservation is queued.
pub fn reserve_cleaner_slot(handle: Handle, library: Option<Guid>, slot: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.reserve_cleaner_slot(library.map(to_model), slot.map(to_model))))
}

/// ReleaseNtmsCleanerSlot: success means that the release is queued.
pub fn release_cleaner_slot(handle: Handle, library: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.release_cleaner_slot(library.map(to_model))))
}

/// EjectNtmsCleaner: the ejection that was started, which its caller gets the id of; none when one is stopped.
pub fn eject_cleaner(
    handle: Handle,
    library: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Result<Option<Guid>, Code> {
    let session = find(handle)?;
    let stopped = placed(operation)?.filter(|_| action == NTMS_EJECT_STOP);
    let started = session.eject_cleaner(library.map(to_model), stopped.map(to_model), action);
    started_by(started, action == NTMS_EJECT_START)
}

/// InjectNtmsCleaner: the insertion that was started, which its caller gets the id of; none when one is stopped.
pub fn inject_cleaner(
    handle: Handle,
    library: Option<Guid>,
    operation: Option<Guid>,
    cleanings: u32,
    action: u32,
) -> Result<Option<Guid>, Code> {
    let session = find(handle)?;
    let stopped = placed(operation)?.filter(|_| action == NTMS_INJECT_STOP);
    let started = session.inject_cleaner(library.map(to_model), stopped.map(to_model), cleanings, action);
    started_by(started, action == NTMS_INJECT_START)
}

/// InjectNtmsMedia: the insertion that was started, which its caller gets the id of; none when one is stopped or pulled in.
pub fn inject(
    handle: Handle,
    library: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Result<Option<Guid>, Code> {
    let session = find(handle)?;
    let starts = matches!(action, NTMS_INJECT_START | NTMS_INJECT_STARTMANY);
    let named = placed(operation)?.filter(|_| !starts);
    let started = session.inject(library.map(to_model), named.map(to_model), action);
    started_by(started, starts)
}

/// The place for the id of an operation, which every action of most functions needs.
fn placed(operation: Option<Guid>) -> Result<Option<Guid>, Code> {
    operation.map(Some).ok_or(Code::InvalidParameter)
}

/// The id that is written for an action that starts something.
fn started_by(answer: Result<Vec<ids::Guid>, ClientError>, starts: bool) -> Result<Option<Guid>, Code> {
    let requests = answer.map_err(|error| error.code())?;
    Ok(requests.first().copied().filter(|_| starts).map(from_model))
}

/// DismountNtmsMedia: success means that the dismount is queued.
pub fn dismount(handle: Handle, media: &[Guid], options: u32) -> Code {
    let media: Vec<ids::Guid> = media.iter().copied().map(to_model).collect();
    done(find(handle).map(|session| session.dismount(&media, options)))
}

/// OpenNtmsNotification: a channel on which changes of one type are reported.
pub fn open_notification(handle: Handle, object_type: u32) -> Result<Handle, Code> {
    let session = find(handle)?;
    let channel = Notification::open(&session, object_type).map_err(|error| error.code())?;
    let Some(handle) = handles::insert_channel(channel.clone()) else {
        // It would be kept until the session is closed; an error here changes nothing for the caller.
        let _unheard = channel.close();
        return Err(Code::NotEnoughMemory);
    };
    Ok(handle)
}

/// Refuses a handle that is no open notification channel of this process.
pub fn check_notification(handle: Handle) -> Result<(), Code> {
    handles::find_channel(handle).map(drop).ok_or(Code::InvalidHandle)
}

/// WaitForNtmsNotification: the operation and the object of the next change.
pub fn wait_notification(handle: Handle, timeout_ms: u32) -> Result<(u32, Guid), Code> {
    let channel = handles::find_channel(handle).ok_or(Code::InvalidHandle)?;
    let change = channel.wait(timeout_ms).map_err(|error| error.code())?;
    Ok((change.operation, from_model(change.object)))
}

/// CloseNtmsNotification: the handle is dead at once; calls that wait on the channel end with ERROR_NO_DATA. NULL is a
/// wrong parameter here (closenotify-null-differs-from-wait).
pub fn close_notification(handle: Handle) -> Code {
    if handle.0 == 0 {
        return Code::InvalidParameter;
    }
    done(handles::remove_channel(handle).map(|channel| channel.close()).ok_or(Code::InvalidHandle))
}

/// SubmitNtmsOperatorRequest: the id of the request, at once.
pub fn submit_operator_request(
    handle: Handle,
    task: u32,
    message: Option<String>,
    first: Option<Guid>,
    second: Option<Guid>,
) -> Result<Guid, Code> {
    let session = find(handle)?;
    let call = SubmitCall { task, message, first: first.map(to_model), second: second.map(to_model) };
    session.submit_operator_request(&call).map(from_model).map_err(|error| error.code())
}

/// WaitForNtmsOperatorRequest: success means that it was done.
pub fn wait_for_operator_request(handle: Handle, request: Option<Guid>, timeout_ms: u32) -> Code {
    let request = request.map(to_model);
    done(find(handle).map(|session| session.wait_for_operator_request(request, timeout_ms)))
}

/// SatisfyNtmsOperatorRequest: what waits for the request looks for itself.
pub fn satisfy_operator_request(handle: Handle, request: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.satisfy_operator_request(request.map(to_model))))
}

/// CancelNtmsOperatorRequest: what waits for the request is refused.
pub fn cancel_operator_request(handle: Handle, request: Option<Guid>) -> Code {
    done(find(handle).map(|session| session.cancel_operator_request(request.map(to_model))))
}

/// The code of a call whose answer has nothing for a C program.
fn done<T>(result: Result<Result<T, ClientError>, Code>) -> Code {
    match result {
        Ok(Ok(_)) => Code::Success,
        Ok(Err(error)) => error.code(),
        Err(code) => code,
    }
}

fn find(handle: Handle) -> Result<Arc<Session>, Code> {
    handles::find(handle).ok_or(Code::InvalidHandle)
}

fn to_model(id: Guid) -> ids::Guid {
    ids::Guid(id.to_bytes())
}

fn from_model(id: ids::Guid) -> Guid {
    Guid::from_bytes(id.0)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
