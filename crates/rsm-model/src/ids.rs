//! Identities: a 16-byte GUID per object, wrapped in a type per kind so that a drive cannot be taken for a slot.
//!
//! Invariant: the GUID alone is the identity (M-2); the type around it is a promise of the code that made it.
//! Ids are made from a seed that arrives with the input and a counter (decision 24), never from a clock here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A 16-byte identity, shown as 8-4-4-4-12 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub [u8; 16]);

/// Reports that a text is not a GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 32 hexadecimal digits are wanted, with or without hyphens and braces")]
pub struct BadGuid(pub String);

impl Guid {
    /// The GUID of sixteen zero bytes, which names no object.
    pub const NULL: Guid = Guid([0; 16]);

    /// Says whether this is the null GUID.
    pub fn is_null(self) -> bool {
        self == Self::NULL
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Guid {
    type Err = BadGuid;

    /// Reads both forms that scripts use, with and without hyphens (C-6).
    fn from_str(text: &str) -> Result<Self, BadGuid> {
        let bad = || BadGuid(text.to_string());
        let inner = text.trim();
        let inner = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
        let digits: Vec<u8> = match inner.len() {
            36 if [8, 13, 18, 23].iter().all(|&at| inner.as_bytes()[at] == b'-') => {
                inner.bytes().filter(|&byte| byte != b'-').collect()
            }
            32 => inner.bytes().collect(),
            _ => return Err(bad()),
        };
        if digits.len() != 32 {
            return Err(bad());
        }
        let mut bytes = [0; 16];
        for (index, pair) in digits.chunks(2).enumerate() {
            let high = (pair[0] as char).to_digit(16).ok_or_else(bad)?;
            let low = (pair[1] as char).to_digit(16).ok_or_else(bad)?;
            bytes[index] = (high * 16 + low) as u8;
        }
        Ok(Guid(bytes))
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Implemented by each typed id.
pub trait TypedId: Copy + Ord + fmt::Debug {
    /// Wraps a GUID that is known to name an object of the kind.
    fn from_guid(guid: Guid) -> Self;
    /// Gives the bare GUID.
    fn guid(self) -> Guid;
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Guid);

        impl TypedId for $name {
            fn from_guid(guid: Guid) -> Self { Self(guid) }
            fn guid(self) -> Guid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(formatter) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(formatter) }
        }
        impl From<$name> for Guid {
            fn from(id: $name) -> Guid { id.0 }
        }
    )+};
}

typed_ids! {
    /// Names the computer object: the server itself.
    ComputerId,
    /// Names a library: robotic, stand-alone or the offline one.
    LibraryId,
    /// Names a changer, the robotic transport of a library.
    ChangerId,
    /// Names a make and model of changers.
    ChangerTypeId,
    /// Names a drive.
    DriveId,
    /// Names a make and model of drives.
    DriveTypeId,
    /// Names a storage slot.
    SlotId,
    /// Names a door of a library.
    DoorId,
    /// Names an insert/eject port of a library.
    PortId,
    /// Names a media type.
    MediaTypeId,
    /// Names a media pool.
    PoolId,
    /// Names a physical medium: a cartridge or disc (PMID).
    MediumId,
    /// Names a side of a physical medium.
    SideId,
    /// Names a logical medium (LMID).
    LogicalMediumId,
    /// Names a library request: one item of work on a library's queue.
    RequestId,
    /// Names an operator request: one thing asked of a person.
    OperatorRequestId,
    /// Names a session; its first four bytes are the manager's incarnation (decision 22).
    SessionId,
    /// Names a step: one order to a device and its outcome.
    StepId,
    /// Names a notification channel of a session.
    ChannelId,
}

impl SessionId {
    /// Builds the id of a session opened in an incarnation of the manager.
    pub fn of_incarnation(incarnation: u32, tail: Guid) -> Self {
        let mut bytes = tail.0;
        bytes[..4].copy_from_slice(&incarnation.to_be_bytes());
        Self(Guid(bytes))
    }

    /// Says in which incarnation of the manager the session was opened.
    pub fn incarnation(self) -> u32 {
        u32::from_be_bytes([self.0.0[0], self.0.0[1], self.0.0[2], self.0.0[3]])
    }
}

/// The kinds of objects an application can name, with the numbers of NtmsObjectsTypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u32)]
pub enum ObjectType {
    /// Robotic transport (NTMS_CHANGER).
    Changer = 2,
    /// Make and model of changers (NTMS_CHANGER_TYPE).
    ChangerType = 3,
    /// The server (NTMS_COMPUTER).
    Computer = 4,
    /// Drive (NTMS_DRIVE).
    Drive = 5,
    /// Make and model of drives (NTMS_DRIVE_TYPE).
    DriveType = 6,
    /// Door (NTMS_IEDOOR).
    Door = 7,
    /// Insert/eject port (NTMS_IEPORT).
    Port = 8,
    /// Library (NTMS_LIBRARY).
    Library = 9,
    /// Library request (NTMS_LIBREQUEST).
    LibraryRequest = 10,
    /// Logical medium (NTMS_LOGICAL_MEDIA).
    LogicalMedium = 11,
    /// Media pool (NTMS_MEDIA_POOL).
    MediaPool = 12,
    /// Media type (NTMS_MEDIA_TYPE).
    MediaType = 13,
    /// Side (NTMS_PARTITION).
    Side = 14,
    /// Physical medium (NTMS_PHYSICAL_MEDIA).
    PhysicalMedium = 15,
    /// Storage slot (NTMS_STORAGESLOT).
    Slot = 16,
    /// Operator request (NTMS_OPREQUEST).
    OperatorRequest = 17,
}

impl ObjectType {
    /// All kinds, in the order of their numbers.
    pub const ALL: [ObjectType; 16] = [
        ObjectType::Changer,
        ObjectType::ChangerType,
        ObjectType::Computer,
        ObjectType::Drive,
        ObjectType::DriveType,
        ObjectType::Door,
        ObjectType::Port,
        ObjectType::Library,
        ObjectType::LibraryRequest,
        ObjectType::LogicalMedium,
        ObjectType::MediaPool,
        ObjectType::MediaType,
        ObjectType::Side,
        ObjectType::PhysicalMedium,
        ObjectType::Slot,
        ObjectType::OperatorRequest,
    ];

    /// The number of the kind in NtmsObjectsTypes.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// Finds the kind with a number; `None` for NTMS_UNKNOWN, NTMS_OBJECT, NTMS_UI_DESTINATION and beyond
    /// (EnumerateNtmsObject/enumerate-bad-type).
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The name people read.
    pub fn word(self) -> &'static str {
        match self {
            ObjectType::Changer => "changer",
            ObjectType::ChangerType => "changer type",
            ObjectType::Computer => "computer",
            ObjectType::Drive => "drive",
            ObjectType::DriveType => "drive type",
            ObjectType::Door => "door",
            ObjectType::Port => "port",
            ObjectType::Library => "library",
            ObjectType::LibraryRequest => "library request",
            ObjectType::LogicalMedium => "logical medium",
            ObjectType::MediaPool => "media pool",
            ObjectType::MediaType => "media type",
            ObjectType::Side => "side",
            ObjectType::PhysicalMedium => "physical medium",
            ObjectType::Slot => "slot",
            ObjectType::OperatorRequest => "operator request",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_read_back_in_both_forms() {
        let guid = Guid([0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(guid.to_string(), "deadbeef-0102-0304-0506-0708090a0b0c");
        assert_eq!(guid.to_string().parse(), Ok(guid));
        assert_eq!("{DEADBEEF-0102-0304-0506-0708090A0B0C}".parse(), Ok(guid));
        assert!("deadbeef010203040506 0708090a0b0c".parse::<Guid>().is_err());
        assert_eq!("deadbeef0102030405060708090a0b0c".parse(), Ok(guid));
        assert!("deadbeef-0102-0304-0506-0708090a0b0-".parse::<Guid>().is_err());
        assert!("".parse::<Guid>().is_err());
    }

    #[test]
    fn a_session_id_carries_the_incarnation() {
        let id = SessionId::of_incarnation(7, Guid([9; 16]));
        assert_eq!(id.incarnation(), 7);
    }

    #[test]
    fn object_types_have_the_published_numbers() {
        for kind in ObjectType::ALL {
            assert_eq!(ObjectType::from_number(kind.number()), Some(kind));
        }
        for refused in [0, 1, 18, 19] {
            assert_eq!(ObjectType::from_number(refused), None);
        }
    }
}
