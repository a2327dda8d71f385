//! What a program sees of an object: GetNtmsObjectInformation, taken apart by kind.

use super::Bed;
use rsm_client::Session;
use rsm_client::v1::object_information::Info;
use rsm_client::v1::{self, ObjectInformation};
use rsm_model::ObjectType;
use rsm_model::ids::Guid;

/// Writes a way to look at one kind of object, by the object's name.
macro_rules! sights {
    ($($(#[$doc:meta])* $name:ident: $kind:ident => $message:ident;)+) => {
        impl Bed {
            $(
                $(#[$doc])*
                pub fn $name(&self, session: &Session, name: &str) -> v1::$message {
                    match self.look(session, self.id(name)).info {
                        Some(Info::$kind(information)) => *information,
                        other => panic!("{name} is another kind of object: {other:?}"),
                    }
                }
            )+
        }
    };
}

sights! {
    /// A library.
    library: Library => LibraryInformation;
    /// A drive.
    drive: Drive => DriveInformation;
    /// A medium.
    medium: PhysicalMedia => PhysicalMediaInformation;
    /// A side.
    side: Partition => PartitionInformation;
    /// A slot.
    slot: StorageSlot => StorageSlotInformation;
    /// A library request.
    request: LibRequest => LibRequestInformation;
    /// An operator request.
    operator_request: OpRequest => OpRequestInformation;
}

impl Bed {
    /// All that is told about an object.
    pub fn look(&self, session: &Session, id: Guid) -> ObjectInformation {
        session.information(id, 0).expect("the caller may see it")
    }

    /// The ids of a kind, by enumeration.
    pub fn all(&self, session: &Session, kind: ObjectType) -> Vec<Guid> {
        session.enumerate(None, kind.number(), 0).expect("a list")
    }
}
