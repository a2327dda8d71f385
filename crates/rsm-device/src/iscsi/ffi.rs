//! The border to libiscsi: hand-written bindings of the functions that are needed, and a safe session over them.
//!
//! Layouts follow the public headers of libiscsi 1.19 (`scsi-lowlevel.h`, `iscsi.h`), which later versions keep;
//! a test holds the offsets against those a C compiler gives on 64-bit Linux.
//!
//! Invariants:
//! - A [`Session`] is used by one thread at a time: it is neither `Send` nor `Sync`.
//! - While a command is under way, the task, its buffers and the [`Completion`] live on the stack or heap of
//!   [`Session::command`]. That function leaves only after the callback has run, or after the context has been
//!   destroyed, which runs it. So libiscsi never holds a pointer to something that is gone.

#![allow(unsafe_code)]

use crate::transport::DataPhase;
use libloading::Library;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The names under which the library is looked for, newest interface last because it is the least tried.
const NAMES: [&str; 4] = ["libiscsi.so.7", "libiscsi.so.8", "libiscsi.so.9", "libiscsi.so"];

const SESSION_NORMAL: c_int = 2;
const CDB_BYTES: usize = 16;
const XFER_NONE: c_int = 0;
const XFER_READ: c_int = 1;
const XFER_WRITE: c_int = 2;
const RESIDUAL_UNDERFLOW: c_int = 1;
const STATUS_TIMEOUT: c_int = 0x0f00_0002;
/// The longest sleep between two looks at a session; its own time-outs are only served when it is called.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// `struct iscsi_context`, only ever seen behind a pointer.
#[repr(C)]
struct Context {
    opaque: [u8; 0],
}

/// `struct scsi_sense`; the three bit fields share one byte.
#[repr(C)]
struct RawSense {
    error_type: u8,
    key: c_int,
    ascq: c_int,
    flags: u8,
    bit_pointer: u8,
    field_pointer: u16,
}

/// `struct scsi_data`.
#[repr(C)]
struct RawData {
    size: c_int,
    data: *mut u8,
}

/// The head of `struct scsi_task`; it is only ever made by the library, so what follows need not be known.
#[repr(C)]
struct Task {
    status: c_int,
    cdb_size: c_int,
    xfer_dir: c_int,
    expxferlen: c_int,
    cdb: [u8; CDB_BYTES],
    residual_status: c_int,
    residual: usize,
    sense: RawSense,
    datain: RawData,
}

/// `struct iscsi_data`.
#[repr(C)]
struct DataOut {
    size: usize,
    data: *mut u8,
}

type Callback = extern "C" fn(*mut Context, c_int, *mut c_void, *mut c_void);

/// The functions, each with the signature of its header.
pub(super) struct Functions {
    create_context: unsafe extern "C" fn(*const c_char) -> *mut Context,
    destroy_context: unsafe extern "C" fn(*mut Context) -> c_int,
    set_targetname: unsafe extern "C" fn(*mut Context, *const c_char) -> c_int,
    set_session_type: unsafe extern "C" fn(*mut Context, c_int) -> c_int,
    set_noautoreconnect: unsafe extern "C" fn(*mut Context, c_int),
    set_timeout: unsafe extern "C" fn(*mut Context, c_int) -> c_int,
    connect_async: unsafe extern "C" fn(*mut Context, *const c_char, Callback, *mut c_void) -> c_int,
    login_async: unsafe extern "C" fn(*mut Context, Callback, *mut c_void) -> c_int,
    get_fd: unsafe extern "C" fn(*mut Context) -> c_int,
    which_events: unsafe extern "C" fn(*mut Context) -> c_int,
    service: unsafe extern "C" fn(*mut Context, c_int) -> c_int,
    get_error: unsafe extern "C" fn(*mut Context) -> *const c_char,
    create_task: unsafe extern "C" fn(c_int, *mut u8, c_int, c_int) -> *mut Task,
    free_task: unsafe extern "C" fn(*mut Task),
    add_data_in_buffer: unsafe extern "C" fn(*mut Task, c_int, *mut u8) -> c_int,
    command_async:
        unsafe extern "C" fn(*mut Context, c_int, *mut Task, Callback, *mut DataOut, *mut c_void) -> c_int,
    /// Keeps the code mapped for as long as the pointers above are used.
    _library: Library,
}

/// The library, loaded at first use; it stays loaded until the process ends.
///
/// # Errors
/// A sentence that names the package to install.
pub(super) fn library() -> Result<&'static Functions, &'static String> {
    static LOADED: OnceLock<Result<Functions, String>> = OnceLock::new();
    LOADED.get_or_init(load).as_ref()
}

fn load() -> Result<Functions, String> {
    let mut last = String::new();
    for name in NAMES {
        // SAFETY: libiscsi has no initialisers that depend on the state of this process.
        match unsafe { Library::new(name) } {
            Ok(library) => return Functions::find(library).map_err(|error| format!("{name}: {error}")),
            Err(error) => last = error.to_string(),
        }
    }
    Err(format!("libiscsi cannot be loaded ({last}); install the package libiscsi7"))
}

impl Functions {
    fn find(library: Library) -> Result<Self, libloading::Error> {
        // SAFETY: each symbol is given the type its header declares it with; the pointers are kept beside the
        // library that they point into.
        unsafe {
            Ok(Self {
                create_context: *library.get(b"iscsi_create_context\0")?,
                destroy_context: *library.get(b"iscsi_destroy_context\0")?,
                set_targetname: *library.get(b"iscsi_set_targetname\0")?,
                set_session_type: *library.get(b"iscsi_set_session_type\0")?,
                set_noautoreconnect: *library.get(b"iscsi_set_noautoreconnect\0")?,
                set_timeout: *library.get(b"iscsi_set_timeout\0")?,
                connect_async: *library.get(b"iscsi_connect_async\0")?,
                login_async: *library.get(b"iscsi_login_async\0")?,
                get_fd: *library.get(b"iscsi_get_fd\0")?,
                which_events: *library.get(b"iscsi_which_events\0")?,
                service: *library.get(b"iscsi_service\0")?,
                get_error: *library.get(b"iscsi_get_error\0")?,
                create_task: *library.get(b"scsi_create_task\0")?,
                free_task: *library.get(b"scsi_free_scsi_task\0")?,
                add_data_in_buffer: *library.get(b"scsi_task_add_data_in_buffer\0")?,
                command_async: *library.get(b"iscsi_scsi_command_async\0")?,
                _library: library,
            })
        }
    }
}

/// Where the callback leaves its status.
#[derive(Default)]
struct Completion {
    status: std::cell::Cell<Option<c_int>>,
}

impl Completion {
    fn pointer(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

extern "C" fn completed(_: *mut Context, status: c_int, _: *mut c_void, private: *mut c_void) {
    // SAFETY: `private` is the pointer of a `Completion` that its owner keeps until the callback has run, and the
    // callback runs only inside calls that the owner makes on its own thread.
    let completion = unsafe { &*private.cast::<Completion>() };
    completion.status.set(Some(status));
}

/// How a command ended.
pub(super) enum Ended {
    /// The target answered.
    Answer {
        /// The status byte.
        status: u8,
        /// Sense data, if any.
        sense: Vec<u8>,
        /// Data from the device.
        data_in: Vec<u8>,
    },
    /// The library did not take the command.
    NotSent(String),
    /// The deadline passed.
    Timeout,
    /// The connection broke.
    Lost(String),
}

/// A context of the library, destroyed with this value.
pub(super) struct Session {
    functions: &'static Functions,
    context: *mut Context,
}

impl Session {
    pub(super) fn new(functions: &'static Functions, initiator: &str, target: &str) -> Result<Self, String> {
        let (initiator, target) = (text(initiator)?, text(target)?);
        // SAFETY: the name is a C string that outlives the call.
        let context = unsafe { (functions.create_context)(initiator.as_ptr()) };
        if context.is_null() {
            return Err("libiscsi made no context".into());
        }
        let session = Self { functions, context };
        // SAFETY: the context is alive, the name is a C string that the library copies.
        let refused = unsafe {
            (functions.set_noautoreconnect)(context, 1);
            (functions.set_targetname)(context, target.as_ptr()) != 0
                || (functions.set_session_type)(context, SESSION_NORMAL) != 0
        };
        if refused { Err(session.error()) } else { Ok(session) }
    }

    /// Makes the TCP connection.
    pub(super) fn connect(&mut self, portal: &str, deadline: Instant) -> Result<(), String> {
        let portal = text(portal)?;
        let completion = Completion::default();
        // SAFETY: context and strings are alive; `completion` outlives the wait below, see `settle`.
        let refused = unsafe {
            (self.functions.connect_async)(self.context, portal.as_ptr(), completed, completion.pointer())
                != 0
        };
        self.settle(refused, &completion, deadline)
    }

    /// Logs in to the target, without the questions to the unit that the library's own full connect asks: those
    /// would swallow the unit attention that tells of a reset.
    pub(super) fn login(&mut self, deadline: Instant) -> Result<(), String> {
        let completion = Completion::default();
        // SAFETY: the context is alive; `completion` outlives the wait below, see `settle`.
        let refused =
            unsafe { (self.functions.login_async)(self.context, completed, completion.pointer()) != 0 };
        self.settle(refused, &completion, deadline)
    }

    fn settle(&mut self, refused: bool, completion: &Completion, deadline: Instant) -> Result<(), String> {
        if refused {
            return Err(self.error());
        }
        let waited = self.wait(completion, deadline);
        match (waited, completion.status.get()) {
            (Waited::Done, Some(0)) => Ok(()),
            (waited, _) => {
                let error = self.error();
                // The callback must have run before `completion` goes.
                self.destroy();
                Err(match waited {
                    Waited::Deadline => "no answer in time".into(),
                    Waited::Done | Waited::Broken => error,
                })
            }
        }
    }

    /// Sends a command and waits for its end.
    pub(super) fn command(
        &mut self,
        lun: u16,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
        deadline: Instant,
    ) -> Ended {
        let mut cdb_bytes = [0; CDB_BYTES];
        let Some(place) = cdb_bytes.get_mut(..cdb.len()) else {
            return Ended::NotSent(format!("a command of {} bytes is too long", cdb.len()));
        };
        place.copy_from_slice(cdb);
        let (direction, length) = match data {
            DataPhase::None => (XFER_NONE, 0),
            DataPhase::In { allocation } => (XFER_READ, allocation as usize),
            DataPhase::Out(bytes) => (XFER_WRITE, bytes.len()),
        };
        let Ok(length_field) = c_int::try_from(length) else {
            return Ended::NotSent(format!("a transfer of {length} bytes is too long"));
        };
        // SAFETY: `cdb_bytes` has 16 bytes, the most the library copies.
        let task = unsafe {
            (self.functions.create_task)(cdb.len() as c_int, cdb_bytes.as_mut_ptr(), direction, length_field)
        };
        if task.is_null() {
            return Ended::NotSent("libiscsi made no task".into());
        }
        let mut buffer = vec![0; if direction == XFER_READ { length } else { 0 }];
        let mut out = match data {
            DataPhase::Out(bytes) => DataOut { size: bytes.len(), data: bytes.as_ptr().cast_mut() },
            DataPhase::None | DataPhase::In { .. } => DataOut { size: 0, data: std::ptr::null_mut() },
        };
        // One second more than our own deadline: it only keeps the library from queueing for ever.
        let seconds = c_int::try_from(timeout_ms / 1000 + 2).unwrap_or(c_int::MAX);
        let completion = Completion::default();
        // SAFETY: task and context are alive. `buffer`, the bytes of `out` (which the library only reads), `out`
        // itself and `completion` live until the end of this function, and `wait` and `destroy` below see to it
        // that the library has let go of them by then. `buffer` is not touched meanwhile.
        let refused = unsafe {
            (self.functions.set_timeout)(self.context, seconds);
            (!buffer.is_empty()
                && (self.functions.add_data_in_buffer)(task, length_field, buffer.as_mut_ptr()) != 0)
                || (self.functions.command_async)(
                    self.context,
                    c_int::from(lun),
                    task,
                    completed,
                    &raw mut out,
                    completion.pointer(),
                ) != 0
        };
        let ended = if refused {
            Ended::NotSent(self.error())
        } else {
            let waited = self.wait(&completion, deadline);
            self.end_of(&waited, &completion, task, buffer)
        };
        // SAFETY: the library made the task and, the command having ended or its context being destroyed, no
        // longer uses it.
        unsafe { (self.functions.free_task)(task) };
        ended
    }

    /// Reads how a command ended; destroys the context unless the target has answered.
    fn end_of(
        &mut self,
        waited: &Waited,
        completion: &Completion,
        task: *mut Task,
        mut buffer: Vec<u8>,
    ) -> Ended {
        let status = match (waited, completion.status.get()) {
            (Waited::Done, Some(status)) => status,
            (Waited::Deadline, _) => {
                self.destroy();
                return Ended::Timeout;
            }
            _ => {
                let error = self.error();
                self.destroy();
                return Ended::Lost(error);
            }
        };
        if let Ok(status) = u8::try_from(status) {
            // SAFETY: the task is alive, and after the callback the library writes to it no more.
            let task = unsafe { &*task };
            if task.residual_status == RESIDUAL_UNDERFLOW {
                buffer.truncate(buffer.len().saturating_sub(task.residual));
            }
            return Ended::Answer { status, sense: sense_of(status, task), data_in: buffer };
        }
        let error = self.error();
        self.destroy();
        if status == STATUS_TIMEOUT { Ended::Timeout } else { Ended::Lost(error) }
    }

    /// Serves the connection until the callback has run, the connection broke or the deadline passed.
    fn wait(&mut self, completion: &Completion, deadline: Instant) -> Waited {
        loop {
            if completion.status.get().is_some() {
                return Waited::Done;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Waited::Deadline;
            }
            let events = self.poll(left.min(LOOK_AGAIN));
            // SAFETY: the context is alive.
            if unsafe { (self.functions.service)(self.context, events) } < 0 {
                return if completion.status.get().is_some() { Waited::Done } else { Waited::Broken };
            }
        }
    }

    /// Waits for the connection and returns what has happened on it; sleeps when there is nothing to wait for, so
    /// that a broken connection costs no processor time.
    fn poll(&mut self, limit: Duration) -> c_int {
        // SAFETY: the context is alive.
        let (fd, events) =
            unsafe { ((self.functions.get_fd)(self.context), (self.functions.which_events)(self.context)) };
        if fd < 0 || events == 0 {
            std::thread::sleep(limit);
            return 0;
        }
        // SAFETY: the library keeps this descriptor open until it is called again.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let wanted = PollFlags::from_bits_retain(events as u16);
        let mut polled = [PollFd::from_borrowed_fd(fd, wanted)];
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) };
        match poll(&mut polled, Some(&limit)) {
            Ok(_) => c_int::from(polled[0].revents().bits()),
            // A signal woke us: the caller looks at its deadline and polls again.
            Err(_) => 0,
        }
    }

    fn error(&self) -> String {
        if self.context.is_null() {
            return "the session is closed".into();
        }
        // SAFETY: the context is alive; the text belongs to it and is copied at once.
        let text = unsafe {
            let text = (self.functions.get_error)(self.context);
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_string_lossy().trim().to_owned()) }
        };
        text.filter(|text| !text.is_empty()).unwrap_or_else(|| "the connection was closed".into())
    }

    fn destroy(&mut self) {
        if !self.context.is_null() {
            // SAFETY: the context is alive and is forgotten here; callbacks of what is under way run inside.
            unsafe { (self.functions.destroy_context)(self.context) };
            self.context = std::ptr::null_mut();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.destroy();
    }
}

enum Waited {
    Done,
    Deadline,
    Broken,
}

/// The sense data that came with CHECK CONDITION: a length of two bytes, then the data (RFC 7143, 11.4.7.2).
fn sense_of(status: u8, task: &Task) -> Vec<u8> {
    let Ok(size) = usize::try_from(task.datain.size) else { return Vec::new() };
    if status != 0x02 || task.datain.data.is_null() || size < 2 {
        return Vec::new();
    }
    // SAFETY: with CHECK CONDITION the library leaves a block of `size` bytes here, until the task is freed.
    let bytes = unsafe { std::slice::from_raw_parts(task.datain.data, size) };
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    bytes[2..].iter().take(length).copied().collect()
}

fn text(value: &str) -> Result<CString, String> {
    CString::new(value).map_err(|_| format!("{value:?} holds a NUL"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{offset_of, size_of};

    #[test]
    fn layouts_are_those_of_the_headers() {
        // Offsets printed by a C compiler on x86-64 from the headers of libiscsi 1.19.
        assert_eq!(offset_of!(Task, cdb), 16);
        assert_eq!(offset_of!(Task, residual_status), 32);
        assert_eq!(offset_of!(Task, residual), 40);
        assert_eq!(offset_of!(Task, sense), 48);
        assert_eq!(size_of::<RawSense>(), 16);
        assert_eq!(offset_of!(Task, datain), 64);
        assert_eq!(offset_of!(RawData, data), 8);
    }
}
