//! The C exports, generated from the function table.
//!
//! What: one `extern "C"` function per exported symbol; each turns its parameters, by shape, into
//! Rust values and calls `crate::calls`. Why: the border's rules hold once for every function: a bad
//! session is `ERROR_INVALID_HANDLE` before anything else, a NULL where an object is needed is
//! `ERROR_INVALID_PARAMETER`, a list that is too small gets the needed count, and nothing unwinds
//! into C (docs/spec/decisions.md, points 15 and 19). Invariant: the only unsafe code of the library
//! stands here; every pointer is checked for NULL before it is used and is taken as unaligned, since
//! some callers pack their structures.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rsm_model::generated::codes::Code;

use crate::{calls, last_error};

/// A session handle as the caller holds it: a number that is looked up, never an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub usize);

/// `INVALID_HANDLE_VALUE`: what a failed open returns.
pub const INVALID_HANDLE_VALUE: usize = usize::MAX;

/// `NTMS_GUID`: an object id in the layout of the C interface.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Guid {
    /// The first group of the text form, in the host's byte order.
    pub data1: u32,
    /// The second group.
    pub data2: u16,
    /// The third group.
    pub data3: u16,
    /// The last two groups, byte by byte.
    pub data4: [u8; 8],
}

impl Guid {
    /// Makes an id from the sixteen bytes of its text form, in reading order.
    pub const fn from_bytes(bytes: [u8; 16]) -> Guid {
        let [a, b, c, d, e, f, g, h, data4 @ ..] = bytes;
        Guid {
            data1: u32::from_be_bytes([a, b, c, d]),
            data2: u16::from_be_bytes([e, f]),
            data3: u16::from_be_bytes([g, h]),
            data4,
        }
    }

    /// Gives the sixteen bytes of the text form, in reading order.
    pub const fn to_bytes(self) -> [u8; 16] {
        let [a, b, c, d] = self.data1.to_be_bytes();
        let [e, f] = self.data2.to_be_bytes();
        let [g, h] = self.data3.to_be_bytes();
        let [i, j, k, l, m, n, o, p] = self.data4;
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

/// `NTMS_MOUNT_INFORMATION`: reserved, ignored (MountNtmsMedia/mount-reserved-param).
#[repr(C)]
#[derive(Debug)]
pub struct MountInformation {
    /// Size of the structure in bytes.
    pub size: u32,
    /// Reserved.
    pub reserved: *mut c_void,
}

/// Runs a call so that nothing unwinds into C; after a panic the outcome is not known to the caller.
fn guarded<T>(lost: T, call: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(lost)
}

/// Runs a call that answers with a code.
fn answering(call: impl FnOnce() -> Result<(), Code>) -> u32 {
    guarded(Code::NotConnected, || call().err().unwrap_or(Code::Success)).number()
}

/// Runs a call that answers with a handle and leaves its code in the last error.
fn opening(call: impl FnOnce() -> Result<Handle, Code>) -> *mut c_void {
    let (code, handle) = match guarded(Err(Code::NotConnected), call) {
        Ok(Handle(number)) => (Code::Success, number),
        Err(code) => (code, INVALID_HANDLE_VALUE),
    };
    last_error::set(code);
    std::ptr::without_provenance_mut(handle)
}

/// Turns a call's code into a result.
fn done(code: Code) -> Result<(), Code> {
    if code == Code::Success { Ok(()) } else { Err(code) }
}

/// Refuses a handle that is not an open session, before any other check.
fn session(handle: *mut c_void) -> Result<Handle, Code> {
    let handle = Handle(handle.addr());
    calls::check_session(handle)?;
    Ok(handle)
}

/// Accepts the address of `count` items, or refuses it.
fn checked<T>(pointer: *const T, count: usize) -> Result<*const T, Code> {
    let fits = count <= isize::MAX as usize / size_of::<T>().max(1);
    if pointer.is_null() || !fits { Err(Code::InvalidParameter) } else { Ok(pointer) }
}

/// Reads one id, or none where the pointer is NULL.
fn optional_id(pointer: *const Guid) -> Result<Option<Guid>, Code> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; that it points to an id is the contract of the C interface.
    Ok(Some(unsafe { pointer.read_unaligned() }))
}

/// Reads a list of ids into memory of ours, so that it may overlap with an output list.
fn id_list(pointer: *const Guid, count: u32) -> Result<Vec<Guid>, Code> {
    let count = count as usize;
    if count == 0 {
        return Err(Code::InvalidParameter);
    }
    let pointer = checked(pointer, count)?;
    let mut ids = Vec::new();
    ids.try_reserve_exact(count).map_err(|_| Code::NotEnoughMemory)?;
    for at in 0..count {
        // SAFETY: not NULL, and the list's length fits an allocation; that it holds `count` ids is the
        // contract of the C interface.
        ids.push(unsafe { pointer.add(at).read_unaligned() });
    }
    Ok(ids)
}

/// Writes ids to a list whose capacity has been checked by the caller of this function.
fn write_ids(pointer: *mut Guid, ids: &[Guid]) {
    for (at, id) in ids.iter().enumerate() {
        // SAFETY: callers pass a pointer accepted by `checked` for at least `ids.len()` items.
        unsafe { pointer.add(at).write_unaligned(*id) }
    }
}

/// Answers a list query: fills what fits, always writes how many there are.
fn fill_list(
    list: *mut Guid,
    size: *mut u32,
    query: impl FnOnce(u32) -> Result<(Vec<Guid>, u32), Code>,
) -> Result<(), Code> {
    let size = checked(size, 1)?.cast_mut();
    // SAFETY: not NULL; that it points to a number is the contract of the C interface.
    let capacity = unsafe { size.read_unaligned() };
    if capacity > 0 {
        checked(list, capacity as usize)?;
    }
    let (mut ids, total) = query(capacity)?;
    ids.truncate(capacity as usize);
    if !ids.is_empty() {
        write_ids(list, &ids);
    }
    // SAFETY: as for the read above.
    unsafe { size.write_unaligned(total) };
    if total > capacity { Err(Code::InsufficientBuffer) } else { Ok(()) }
}

/// Reads text of an A form: UTF-8; what is no UTF-8 becomes U+FFFD.
fn text_a(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL; that it ends with a NUL is the contract of the C interface.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// Reads text of a W form: UTF-16 in the host's byte order; lone surrogates become U+FFFD.
fn text_w(pointer: *const u16) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    let mut units = Vec::new();
    let mut at = pointer;
    loop {
        // SAFETY: every unit before the terminating 0 belongs to the caller's string.
        let unit = unsafe { at.read_unaligned() };
        if unit == 0 {
            return Some(String::from_utf16_lossy(&units));
        }
        units.push(unit);
        at = at.wrapping_add(1);
    }
}

/// Gives the reason of the calling thread's last failed open; 0 after a success.
#[unsafe(no_mangle)]
pub extern "C" fn GetLastError() -> u32 {
    guarded(Code::NotConnected.number(), last_error::get)
}

