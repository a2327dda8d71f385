//! What the planner can decide.

use super::view::Examined;
use crate::requests::Ending;
use rsm_model::ids::{DoorId, DriveId, MediumId, PortId, RequestId, SideId, SlotId};
use rsm_model::record::Dismounting;
use rsm_step::Look;

/// One decision; carried out as one turn.
pub(crate) enum Action {
    /// Ask a device who it is, and a drive whether it holds a medium; for an inventory of a stand-alone drive, too.
    Probe { device: String, request: Option<RequestId> },
    /// Read all elements, for an inventory or because what is known may be wrong.
    Read { request: Option<RequestId>, look: Look },
    /// Take a medium from its place into a drive, for a mount.
    MoveIn { request: RequestId, drive: DriveId },
    /// Take a medium from its drive into a slot.
    MoveOut { request: RequestId, drive: DriveId, slot: SlotId },
    /// Load the medium in a drive, for a mount.
    Load { request: RequestId, drive: DriveId },
    /// Unload the medium in a drive.
    Unload { request: RequestId, drive: DriveId },
    /// Give a mount the medium that waits in a dismountable drive (P-101).
    Remount { request: RequestId, drive: DriveId },
    /// Leave a released cartridge in its drive (P-113).
    Park { request: RequestId, drive: DriveId },
    /// Let a parked dismount go on, because a mount wants its drive.
    Evict { mount: RequestId, dismount: RequestId, drive: DriveId },
    /// Let a parked dismount go on, because its library is drained.
    SendHome { dismount: RequestId },
    /// Say that a request waits, and for what.
    Wait { request: RequestId, note: String },
    /// A mount's medium has turned up where it is of no use: its claim ends, and the mount waits until the medium has
    /// been put away.
    StepBack { request: RequestId, note: String },
    /// Ask an operator to bring a medium (P-95).
    AskForMedium { request: RequestId },
    /// End a request.
    Finish { request: RequestId, ending: Ending },
    /// A failed mount gives its medium back first.
    PutBack { request: RequestId, ending: Ending },
    /// Write the free label that a request is for.
    WriteLabel { request: RequestId, drive: DriveId },
    /// Read the label of a medium that its owner may have written, before it leaves its drive (decision 33).
    ReadLabel { request: RequestId, drive: DriveId },
    /// Leave a medium that was identified in its drive, as after a deferred dismount.
    Leave { request: RequestId, drive: DriveId },
    /// Queue the label reads of the drives, or of the next slot, for a full inventory.
    Examine { request: RequestId, place: Examined },
    /// Queue the reading of a label that nobody has asked for (decision 18).
    ReadInBackground { side: SideId, medium: MediumId },
    /// Sort out media that no drive of the library can read (model 5.2 row 5); none says that there are none left.
    SetAside { media: Vec<MediumId> },
    /// Queue a dismount of a cartridge that nobody mounted (P-17).
    PutAway { drive: DriveId, medium: MediumId, way: Dismounting },
    /// Claim what lies in a stand-alone drive, which loads it anew next.
    TakeIn { request: RequestId, drive: DriveId },
    /// Queue the reading of the label of what lies in a stand-alone drive, for an inventory or because nobody has.
    Identify { medium: MediumId, inventory: Option<RequestId> },
    /// Let a loaded medium that nobody has wait in its stand-alone drive.
    Rest { drive: DriveId, medium: MediumId },
    /// Note that a library's cleaner has come, is another, or is gone.
    NoteCleaner { cleaner: Option<MediumId> },
    /// Queue the cleaning of a drive that is due.
    CleanDue { drive: DriveId },
    /// Ask an operator for a cleaner, for a request or for the library.
    AskForCleaner { request: Option<RequestId> },
    /// Ask an operator to make room: what lies in a drive has no slot to go to.
    AskForSlot { request: RequestId, drive: DriveId },
    /// Take the cleaner from its slot into a drive.
    BringCleaner { request: RequestId, drive: DriveId, cleaner: MediumId },
    /// Wait until a drive has been cleaned.
    Clean { request: RequestId, drive: DriveId },
    /// Set a slot aside for the cleaner or give it up, and end the request.
    CleanerSlot { request: RequestId, ending: Ending },
    /// Begin the mounts of one call: each has a drive of its own, in this order.
    BeginGang { drives: Vec<(RequestId, DriveId)> },
    /// Hand all media of one call to its caller.
    HandOver { leader: RequestId },
    /// End a mount because another one of its call has failed or was given up.
    BreakOff { request: RequestId, why: String },
    /// Put an object out of use, or back, and end the request.
    SetEnabled { request: RequestId },
    /// Work at an insert/eject port.
    AtPorts(PortWork),
    /// Work at a door.
    AtDoor(DoorWork),
}

/// What is done at a door.
pub(crate) enum DoorWork {
    /// Unlock it for a request; from the order on that answers for its being locked again.
    Unlock { request: RequestId, door: DoorId },
    /// It is open already: the request stands for it.
    Adopt { request: RequestId, door: DoorId },
    /// Lock it: for its request, or because nobody has it.
    Lock { request: Option<RequestId>, door: DoorId },
    /// Take it back from a request that has ended.
    Release { door: DoorId },
    /// Hands are out again: the inventory follows, and the request ends.
    Done { request: RequestId, door: DoorId },
}

/// What is done at an insert/eject port.
pub(crate) enum PortWork {
    /// Take a medium from its slot into a port that is closed.
    MoveIn { request: RequestId, port: PortId },
    /// Let hands have a port.
    Open { request: RequestId, port: PortId },
    /// Close a port for the robot: for its request, or because that has ended.
    Close { request: Option<RequestId>, port: PortId },
    /// Ask a person to make room in the ports.
    Ask { request: RequestId },
    /// Nobody took the cartridge in time: a person is asked, and the request ends when the port is closed.
    NotTaken { request: RequestId, port: PortId },
    /// A medium was taken out: keep or forget its record, and end the request.
    Left { request: RequestId },
    /// Ask a person to the door of a library without ports.
    AskToDoor { request: RequestId },
    /// Let hands fill a port.
    OpenToFill { request: RequestId, port: PortId },
    /// Take a cartridge from its port to a slot.
    Store { request: RequestId, medium: MediumId, slot: SlotId },
    /// Take what was brought as a cleaner from its port to the cleaner's slot, unless it is none.
    StoreCleaner { request: RequestId, medium: MediumId },
    /// Take in a cartridge that lies in a slot, though nobody has told that its move was done.
    Landed { request: RequestId },
    /// Begin another round: the ports may be opened again.
    Again { request: RequestId },
    /// End the taking in of media, and ask for room for what found no slot.
    TakenIn { request: RequestId },
    /// A person has put a cartridge into the cleaner's slot: note it as the cleaner, unless it is none.
    Brought { request: RequestId, medium: MediumId },
}

impl Action {
    /// The word for the audit trail.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Probe { .. } => "probe",
            Action::Read { .. } => "read elements",
            Action::MoveIn { .. } => "move into a drive",
            Action::MoveOut { .. } => "move out of a drive",
            Action::Load { .. } => "load",
            Action::Unload { .. } => "unload",
            Action::Remount { .. } => "mount in place",
            Action::Park { .. } => "leave in the drive",
            Action::Evict { .. } => "clear a drive",
            Action::SendHome { .. } => "send home",
            Action::Wait { .. } => "wait",
            Action::StepBack { .. } => "step back",
            Action::AskForMedium { .. } => "ask for a medium",
            Action::Finish { .. } => "end a request",
            Action::PutBack { .. } => "put back",
            Action::WriteLabel { .. } => "write a free label",
            Action::ReadLabel { .. } => "read a label",
            Action::Leave { .. } => "leave what was identified",
            Action::Examine { .. } => "examine a place",
            Action::ReadInBackground { .. } => "read a label in the background",
            Action::SetAside { .. } => "set aside",
            Action::PutAway { .. } => "put away",
            Action::TakeIn { .. } => "take in again",
            Action::Identify { .. } => "identify",
            Action::Rest { .. } => "let rest",
            Action::NoteCleaner { .. } => "note the cleaner",
            Action::CleanDue { .. } => "queue a cleaning",
            Action::AskForCleaner { .. } => "ask for a cleaner",
            Action::AskForSlot { .. } => "ask for a slot",
            Action::BringCleaner { .. } => "bring the cleaner",
            Action::Clean { .. } => "clean",
            Action::CleanerSlot { .. } => "cleaner's slot",
            Action::BeginGang { .. } => "begin the mounts of a call",
            Action::HandOver { .. } => "hand over the media of a call",
            Action::BreakOff { .. } => "end the other mounts of a call",
            Action::SetEnabled { .. } => "change what is in use",
            Action::AtDoor(DoorWork::Unlock { .. }) => "unlock a door",
            Action::AtDoor(DoorWork::Adopt { .. }) => "stand for an open door",
            Action::AtDoor(DoorWork::Lock { .. }) => "lock a door",
            Action::AtDoor(DoorWork::Release { .. }) => "take a door back",
            Action::AtDoor(DoorWork::Done { .. }) => "end a door access",
            Action::AtPorts(PortWork::MoveIn { .. }) => "move into a port",
            Action::AtPorts(PortWork::Open { .. }) => "open a port",
            Action::AtPorts(PortWork::Close { .. }) => "close a port",
            Action::AtPorts(PortWork::Ask { .. }) => "ask for room in the ports",
            Action::AtPorts(PortWork::NotTaken { .. }) => "wait no longer for hands",
            Action::AtPorts(PortWork::Left { .. }) => "record what left",
            Action::AtPorts(PortWork::AskToDoor { .. }) => "ask a person to the door",
            Action::AtPorts(PortWork::OpenToFill { .. }) => "open a port to be filled",
            Action::AtPorts(PortWork::Store { .. }) => "take into a slot",
            Action::AtPorts(PortWork::StoreCleaner { .. }) => "take the cleaner in",
            Action::AtPorts(PortWork::Landed { .. }) => "note what was stored",
            Action::AtPorts(PortWork::Again { .. }) => "begin another round at the ports",
            Action::AtPorts(PortWork::TakenIn { .. }) => "end what was taken in",
            Action::AtPorts(PortWork::Brought { .. }) => "note what was brought as the cleaner",
        }
    }
}
