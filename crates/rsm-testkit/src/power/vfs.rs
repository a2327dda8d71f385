//! The border to SQLite: its table of functions for a file system, each handed on to a [`Disk`].
//!
//! Layouts come from the bindings of the bundled SQLite, so they are those of the library that is linked.
//!
//! Invariants:
//! - A file that SQLite has opened holds one [`Handle`], made in `open` and dropped in `close`; SQLite calls no other
//!   function for it before or after.
//! - A region of [`SharedMemory`] stays where it is while anybody has it: regions are boxes, and are only added. Who
//!   reads and who writes in it is SQLite's to order, by the locks of the same file.
//! - The registered table lives as long as the process.

#![expect(unsafe_code, reason = "SQLite's file systems are tables of C functions")]

use super::disk::{DirectorySync, Disk, Failure, Make, Opened, Part};
use super::locks::{Granted, Hold};
use rusqlite::ffi;
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// The name under which the file system is registered.
pub(crate) const NAME: &CStr = c"rsm-power";

/// What SQLite has open: its own head first, as it demands.
#[repr(C)]
struct File {
    head: ffi::sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    disk: Arc<Disk>,
    opened: Opened,
    /// Its name is not durable before the directory is synced.
    directory: DirectorySync,
    memory: Option<Arc<SharedMemory>>,
}

/// Memory that all connections to one database share: the index of its log.
#[derive(Default)]
pub(crate) struct SharedMemory {
    regions: Mutex<Vec<Region>>,
}

struct Region(Box<[UnsafeCell<u64>]>);

// SAFETY: the cells are only touched by SQLite, which orders its accesses by the locks of the file.
unsafe impl Send for Region {}

/// The disks, by number; each goes with its last user.
static DISKS: Mutex<BTreeMap<u64, Weak<Disk>>> = Mutex::new(BTreeMap::new());

/// Registers the file system, once.
fn register() {
    static DONE: OnceLock<c_int> = OnceLock::new();
    let status = *DONE.get_or_init(|| {
        let table = Box::leak(Box::new(table()));
        // SAFETY: the table is whole and is never freed.
        unsafe { ffi::sqlite3_vfs_register(table, 0) }
    });
    assert_eq!(status, ffi::SQLITE_OK, "SQLite takes another file system");
}

/// Makes a disk known to SQLite; gives the name of a file on it.
pub(crate) fn plug_in(disk: &Arc<Disk>, file: &str) -> String {
    register();
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.retain(|_, disk| disk.strong_count() > 0);
    let number = disks.last_key_value().map_or(1, |(last, _)| last + 1);
    disks.insert(number, Arc::downgrade(disk));
    format!("{number}:{file}")
}

/// Takes a name apart into a disk and a name on it.
fn place(name: &str) -> Option<(Arc<Disk>, &str)> {
    let (number, name) = name.split_once(':')?;
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    Some((disks.get(&number.parse().ok()?)?.upgrade()?, name))
}

/// # Safety
/// `name` ends with a zero and outlives the answer.
unsafe fn text<'n>(name: *const c_char) -> Option<&'n str> {
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

/// # Safety
/// `file` was opened by `open` and not closed since.
unsafe fn handle<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Handle {
    // SAFETY: `open` has put a box there, and SQLite uses a file in one thread at a time.
    unsafe { &mut *(*file.cast::<File>()).handle }
}

fn code(failure: Failure) -> c_int {
    match failure {
        Failure::NoPower => ffi::SQLITE_IOERR,
        Failure::NoRoom => ffi::SQLITE_FULL,
        Failure::Busy => ffi::SQLITE_BUSY,
        Failure::NoSuchFile => ffi::SQLITE_CANTOPEN,
    }
}

fn status(result: Result<(), Failure>) -> c_int {
    result.map_or_else(code, |()| ffi::SQLITE_OK)
}

fn granted(result: Result<Granted, Failure>) -> c_int {
    status(result.and_then(|granted| if granted == Granted::Yes { Ok(()) } else { Err(Failure::Busy) }))
}

fn index(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or_else(|_| panic!("SQLite gives offsets and lengths that are not negative"))
}

fn table() -> ffi::sqlite3_vfs {
    ffi::sqlite3_vfs {
        iVersion: 1,
        szOsFile: c_int::try_from(size_of::<File>()).expect("two pointers"),
        mxPathname: 255,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path_name),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let part = match flags {
        _ if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => Part::Database,
        _ if flags & ffi::SQLITE_OPEN_WAL != 0 => Part::Log,
        _ => Part::Other,
    };
    let make = if flags & ffi::SQLITE_OPEN_CREATE != 0 { Make::IfMissing } else { Make::Never };
    // SAFETY: SQLite gives a place for a `File`; without methods it will not be closed.
    unsafe { (*file).pMethods = std::ptr::null() };
    let (disk, name) = if name.is_null() {
        // A file that goes when it is closed needs no power: nobody looks for it afterwards.
        (Arc::new(Disk::new()), None)
    } else {
        // SAFETY: SQLite's names end with a zero.
        match unsafe { text(name) }.and_then(place) {
            Some((disk, name)) => (disk, Some(name)),
            None => return ffi::SQLITE_CANTOPEN,
        }
    };
    let is_new = name.is_some_and(|name| disk.length(name).is_none());
    let opened = match disk.open(name, part, make) {
        Ok(opened) => opened,
        Err(failure) => return code(failure),
    };
    // SQLite's file system for Unix syncs the directory with the first sync of a log or journal that it made.
    let directory = if is_new && part != Part::Database { DirectorySync::Now } else { DirectorySync::Later };
    let handle = Box::new(Handle { disk, opened, directory, memory: None });
    // SAFETY: the place is a `File`, and `out_flags` may be null.
    unsafe {
        (*file.cast::<File>()).handle = Box::into_raw(handle);
        (*file).pMethods = &raw const METHODS;
        if let Some(out_flags) = out_flags.as_mut() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the handle was made by `open`, and SQLite closes a file once.
    let handle = unsafe { Box::from_raw((*file.cast::<File>()).handle) };
    let holder = handle.opened.holder;
    // After a power cut there is nobody left to hold anything.
    let _ = handle.disk.locks(handle.opened, |locks| locks.forget(holder));
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let Some((disk, name)) = unsafe { text(name) }.and_then(place) else { return ffi::SQLITE_IOERR_DELETE };
    let sync = if sync == 0 { DirectorySync::Later } else { DirectorySync::Now };
    match disk.delete(name, sync) {
        Err(Failure::NoSuchFile) => ffi::SQLITE_IOERR_DELETE_NOENT,
        other => status(other),
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let Some((disk, name)) = unsafe { text(name) }.and_then(place) else { return ffi::SQLITE_IOERR_ACCESS };
    let length = disk.length(name);
    // An empty file counts as none, as it does on Unix: a journal is made before it is filled.
    let there =
        if flags == ffi::SQLITE_ACCESS_EXISTS { length.is_some_and(|n| n > 0) } else { length.is_some() };
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path_name(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: the name ends with a zero.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > index(room) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for as many bytes, and SQLite's two buffers do not overlap.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SQLite asks the default file system; were it to ask this one, the same run would still be the same.
    // SAFETY: there is room for as many bytes.
    unsafe { std::ptr::write_bytes(out, 0x5A, index(count)) };
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    const A_JULIAN_DAY: f64 = 2_460_263.0;
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = A_JULIAN_DAY };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, out: *mut c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: the file is open, and there is room for as many bytes.
    let (handle, out) =
        unsafe { (handle(file), std::slice::from_raw_parts_mut(out.cast::<u8>(), index(count))) };
    match handle.disk.read(handle.opened, index(at), out) {
        Ok(there) if there == out.len() => ffi::SQLITE_OK,
        Ok(there) => {
            out[there..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(failure) => code(failure),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: i64,
) -> c_int {
    // SAFETY: the file is open, and there are as many bytes.
    let (handle, bytes) =
        unsafe { (handle(file), std::slice::from_raw_parts(bytes.cast::<u8>(), index(count))) };
    status(handle.disk.write(handle.opened, index(at), bytes))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    status(handle.disk.set_length(handle.opened, index(length)))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let outcome = handle.disk.sync(handle.opened, handle.directory);
    if outcome.is_ok() {
        handle.directory = DirectorySync::Later;
    }
    status(outcome)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    match handle.disk.length_of(handle.opened) {
        Ok(length) => {
            // SAFETY: SQLite gives a place for the answer.
            unsafe { *out = i64::try_from(length).unwrap_or(i64::MAX) };
            ffi::SQLITE_OK
        }
        Err(failure) => code(failure),
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let holder = handle.opened.holder;
    granted(handle.disk.locks(handle.opened, |locks| locks.raise(holder, level)))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let holder = handle.opened.holder;
    status(handle.disk.locks(handle.opened, |locks| locks.lower(holder, level)))
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    match handle.disk.locks(handle.opened, |locks| locks.is_reserved()) {
        Ok(reserved) => {
            // SAFETY: SQLite gives a place for the answer.
            unsafe { *out = c_int::from(reserved) };
            ffi::SQLITE_OK
        }
        Err(failure) => code(failure),
    }
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    // What the file system for Unix says, whatever the sectors are: SQLite must behave as it does in service.
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    let (handle, out) = unsafe { (handle(file), &mut *out) };
    *out = std::ptr::null_mut();
    let memory = match &handle.memory {
        Some(memory) => Arc::clone(memory),
        None => match handle.disk.memory(handle.opened) {
            Ok(memory) => Arc::clone(handle.memory.insert(memory)),
            Err(failure) => return code(failure),
        },
    };
    let mut regions = memory.regions.lock().unwrap_or_else(PoisonError::into_inner);
    while regions.len() <= index(region) {
        if extend == 0 {
            return ffi::SQLITE_OK;
        }
        match handle.disk.demand_room(handle.opened) {
            Ok(()) => {}
            Err(Failure::NoRoom) => return ffi::SQLITE_IOERR_SHMSIZE,
            Err(failure) => return code(failure),
        }
        let words = index(size).div_ceil(size_of::<u64>());
        regions.push(Region((0..words).map(|_| UnsafeCell::new(0)).collect()));
    }
    *out = regions[index(region)].0.as_ptr().cast_mut().cast();
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let holder = handle.opened.holder;
    let slots = first..first + count;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        return status(handle.disk.locks(handle.opened, |locks| locks.give_back(holder, slots)));
    }
    let hold = if flags & ffi::SQLITE_SHM_SHARED != 0 { Hold::Shared } else { Hold::Exclusive };
    granted(handle.disk.locks(handle.opened, |locks| locks.take(holder, slots, hold)))
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open. The memory goes with its last user: the index of a log is made anew when it is gone.
    unsafe { handle(file) }.memory = None;
    ffi::SQLITE_OK
}
