//! The C exports, generated from the function table.
//!
//! What: one `extern "C"` function per exported symbol; each turns its parameters, by shape, into
//! Rust values and calls `crate::calls`. Why: the border's rules hold once for every function: a bad
//! session is `ERROR_INVALID_HANDLE` before anything else, a NULL where a place is needed is
//! `ERROR_INVALID_PARAMETER` and a NULL id is told to the service as such, a list that is too small
//! gets the needed count, and nothing unwinds into C (docs/spec/decisions.md, points 15 and 19). Invariant: the only unsafe code of the library
//! stands here; every pointer is checked for NULL before it is used and is taken as unaligned, since
//! some callers pack their structures.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rsm_client::v1::ObjectInformation;
use rsm_model::generated::codes::Code;

use crate::structures::{self, Form};
use crate::{calls, last_error, security};

/// A handle of a session or of a notification channel as the caller holds it: a number that is looked up, never an address.
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

/// `NTMS_ALLOCATION_INFORMATION`: where an allocated medium came from.
#[repr(C)]
#[derive(Debug)]
pub struct AllocationInformation {
    /// Size of the structure in bytes.
    pub size: u32,
    /// Reserved.
    pub reserved: *mut c_void,
    /// The pool that the medium was in.
    pub allocated_from: Guid,
}

/// `NTMS_NOTIFICATIONINFORMATION`: one change.
#[repr(C)]
#[derive(Debug)]
pub struct NotificationInformation {
    /// A value of NtmsNotificationOperations.
    pub operation: u32,
    /// The object.
    pub object: Guid,
}

/// `SECURITY_ATTRIBUTES`: a self-relative security descriptor.
#[repr(C)]
#[derive(Debug)]
pub struct SecurityAttributes {
    /// Size of the structure in bytes.
    pub length: u32,
    /// The descriptor; NULL stands for the default.
    pub descriptor: *const c_void,
    /// Ignored: a pool is not inherited by processes.
    pub inherit: c_int,
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

/// Refuses a handle that is not an open notification channel, before any other check.
fn channel(handle: *mut c_void) -> Result<Handle, Code> {
    let handle = Handle(handle.addr());
    calls::check_notification(handle)?;
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

/// Writes a number.
fn write_number(pointer: *mut u32, number: u32) {
    // SAFETY: callers pass a pointer accepted by `checked`.
    unsafe { pointer.write_unaligned(number) }
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

/// Reads the id that a caller hands in where it will receive one.
fn one_id(pointer: *const Guid) -> Result<Guid, Code> {
    let pointer = checked(pointer, 1)?;
    // SAFETY: not NULL; that it points to an id is the contract of the C interface.
    Ok(unsafe { pointer.read_unaligned() })
}

/// Runs a call that allocates: where it fails, the caller's id becomes the null id
/// (AllocateNtmsMedia/allocate-null-on-failure).
fn allocating(id: *mut Guid, call: impl FnOnce() -> Result<(), Code>) -> u32 {
    answering(|| {
        let result = guarded(Err(Code::NotConnected), call);
        if result.is_err() && !id.is_null() {
            write_ids(id, &[Guid::default()]);
        }
        result
    })
}

/// Writes where a medium came from, if the caller wants to know.
fn write_allocation(information: *mut AllocationInformation, from: Guid) {
    if !information.is_null() {
        // SAFETY: not NULL; that it points to the structure is the contract of the C interface.
        unsafe { (&raw mut (*information).allocated_from).write_unaligned(from) }
    }
}

/// Writes one change; callers pass a pointer accepted by `checked`.
fn write_notification(information: *mut NotificationInformation, operation: u32, object: Guid) {
    // SAFETY: not NULL; that it points to the structure is the contract of the C interface.
    unsafe { information.write_unaligned(NotificationInformation { operation, object }) }
}

/// Reads bytes into memory of ours.
fn bytes(pointer: *const u8, count: usize) -> Result<Vec<u8>, Code> {
    let pointer = checked(pointer, count)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(count).map_err(|_| Code::NotEnoughMemory)?;
    for at in 0..count {
        // SAFETY: not NULL, and the length fits an allocation; that there are `count` bytes is the contract
        // of the C interface.
        bytes.push(unsafe { pointer.add(at).read() });
    }
    Ok(bytes)
}

/// Reads a security descriptor; none where nothing is given, or a structure that holds none.
fn security_descriptor(attributes: *const SecurityAttributes) -> Result<Option<Vec<u8>>, Code> {
    if attributes.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; that it points to the structure is the contract of the C interface.
    let SecurityAttributes { length, descriptor, .. } = unsafe { attributes.read_unaligned() };
    if (length as usize) < size_of::<SecurityAttributes>() {
        return Err(Code::InvalidParameter);
    }
    let descriptor = descriptor.cast::<u8>();
    if descriptor.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; `security::length` asks only for bytes that the ones before them say belong to
    // the descriptor.
    let length = security::length(|at| unsafe { descriptor.add(at).read() });
    bytes(descriptor, length.ok_or(Code::InvalidParameter)?).map(Some)
}

/// Answers with text: fills the buffer if it fits, always writes how many characters it takes with its NUL.
fn fill_text<U: Copy>(
    buffer: *mut U,
    size: *mut u32,
    units: fn(&str) -> Vec<U>,
    query: impl FnOnce() -> Result<String, Code>,
) -> Result<(), Code> {
    let size = checked(size, 1)?.cast_mut();
    // SAFETY: not NULL; that it points to a number is the contract of the C interface.
    let capacity = unsafe { size.read_unaligned() };
    let buffer = checked(buffer, capacity as usize)?.cast_mut();
    let units = units(&query()?);
    let needed = u32::try_from(units.len()).map_err(|_| Code::NotEnoughMemory)?;
    // SAFETY: as for the read above.
    unsafe { size.write_unaligned(needed) };
    if needed > capacity {
        return Err(Code::InsufficientBuffer);
    }
    for (at, unit) in units.iter().enumerate() {
        // SAFETY: not NULL, and the caller says that `capacity` units fit.
        unsafe { buffer.add(at).write_unaligned(*unit) }
    }
    Ok(())
}

/// Text of an A form: UTF-8 and a NUL; what stands behind a NUL inside is not text for C.
fn units_a(text: &str) -> Vec<c_char> {
    let letters = text.bytes().take_while(|byte| *byte != 0);
    letters.chain([0]).map(|byte| c_char::from_ne_bytes([byte])).collect()
}

/// Text of a W form: UTF-16 and a NUL.
fn units_w(text: &str) -> Vec<u16> {
    text.encode_utf16().take_while(|unit| *unit != 0).chain([0]).collect()
}

/// Answers with a structure: fills as much of it as the caller says that there is.
fn fill_information(
    pointer: *mut c_void,
    form: Form,
    query: impl FnOnce(u32) -> Result<ObjectInformation, Code>,
) -> Result<(), Code> {
    let (size, object_type) = size_and_type(pointer)?;
    structures::check_size(form, object_type, size)?;
    let information = query(object_type)?;
    structures::check_size(form, information.object_type, size)?;
    let written = structures::write(form, size, &information)?;
    let pointer = pointer.cast::<u8>();
    for (at, byte) in written.iter().take(size as usize).enumerate() {
        // SAFETY: not NULL, and the caller says that `size` bytes belong to the structure.
        unsafe { pointer.add(at).write(*byte) }
    }
    Ok(())
}

/// Reads what a structure's first two members say of it.
fn size_and_type(pointer: *const c_void) -> Result<(u32, u32), Code> {
    let numbers = checked(pointer.cast::<u32>(), 2)?;
    // SAFETY: not NULL; that it points to the structure is the contract of the C interface, and the two
    // numbers stand in every form of it.
    Ok(unsafe { (numbers.read_unaligned(), numbers.add(1).read_unaligned()) })
}

/// Reads a structure that tells what shall be written; none where nothing is given.
fn information(pointer: *const c_void, form: Form) -> Result<Option<ObjectInformation>, Code> {
    if pointer.is_null() {
        return Ok(None);
    }
    let (size, object_type) = size_and_type(pointer)?;
    structures::check_size(form, object_type, size)?;
    let given = bytes(pointer.cast(), structures::size(form, object_type))?;
    Ok(Some(structures::read(form, object_type, &given)))
}

fn information_a(pointer: *const c_void) -> Result<Option<ObjectInformation>, Code> {
    information(pointer, Form::A)
}

fn information_w(pointer: *const c_void) -> Result<Option<ObjectInformation>, Code> {
    information(pointer, Form::W)
}

/// Gives the reason of the calling thread's last failed open; 0 after a success.
#[unsafe(no_mangle)]
pub extern "C" fn GetLastError() -> u32 {
    guarded(Code::NotConnected.number(), last_error::get)
}

