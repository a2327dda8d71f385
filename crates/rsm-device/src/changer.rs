//! A changer's verbs: who it is, what its elements hold, and the move.
//!
//! Rules that shape the code (docs/lessons.md, rule 1, and the oddities listed there): one element type a command,
//! for a request of all types crashes some targets; answers are believed only as far as they came whole; nothing
//! moves unless both ends were read just before, and both are read again afterwards, success or not.
//!
//! ```text
//!  move:  read both ends ─► refuse (nothing sent)
//!             ▲    └─► MOVE MEDIUM ─► GOOD ───────────────► read both ends ─► moved
//!             │             ├─► not begun (attention, becoming ready, BUSY)
//!             └─────────────┘    └─► anything else ─► read both ends ─► failed, end told or unknown
//! ```
//!
//! Invariant: MOVE MEDIUM is sent again only when the changer said that it had not begun it, and never before both
//! ends have been read again.

use crate::error::VerbError;
use crate::identity::{ChangerIdentity, is_refusal};
use crate::limits::{
    ATTENTIONS_IN_A_ROW, INITIALIZE_ELEMENTS_MS, MOVE_MS, PORT_MS, QUERY_MS, READ_ELEMENTS_MS,
};
use crate::pause::Pause;
use crate::transport::{DataPhase, Transport};
use crate::unit::{Sent, Unit, was_not_begun};
use crate::{Identity, limits};
use rsm_scsi::{
    Command, CommandClass, Element, ElementAddress, ElementAddressAssignment, ElementRange, ElementStatus,
    ElementType, MediumRemoval, ModeHeaderSize, ModePage, ModeParameters, PageControl, PortAction,
    RequestedElements, Sense, StandardInquiry, Verdict, judge,
};
use std::collections::BTreeMap;

/// The most bytes asked for in one READ ELEMENT STATUS: every initiator takes 64 KiB, and with the numbers below it
/// is 640 slots or 240 drives a command.
const CHUNK_BYTES: u32 = 64 * 1024;
/// A slot's descriptor: 12 fixed bytes, two tags of 36, 4 of an empty identifier, and room for vendors' bytes.
const SLOT_BYTES: u32 = 100;
/// A drive's: as a slot's, with an identifier of up to 160 bytes.
const DRIVE_BYTES: u32 = 264;
/// Header and page header.
const HEAD_BYTES: u32 = 16;

/// Whether a changer looks into its elements or answers from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Answers from memory.
    Remember,
    /// INITIALIZE ELEMENT STATUS first.
    Initialize,
}

/// Whether a medium is turned over on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// The side that was up stays up.
    #[default]
    Keep,
    /// The other side comes up (INVERT); a changer that cannot do so refuses.
    Over,
}

/// What was read of all elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The elements, by type and address, each once.
    pub elements: Vec<Element>,
    /// Addresses that the element address page counts and the changer does not report.
    pub missing: Vec<ElementAddress>,
}

/// A move that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Transport element to use.
    pub transport: ElementAddress,
    /// Element to take from.
    pub from: ElementAddress,
    /// Element to put to.
    pub to: ElementAddress,
    /// Bar code that must be seen at the source; none: the source must show none.
    pub expected_tag: Option<String>,
    /// Whether it is turned over on the way.
    pub turn: Turn,
}

/// A move that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveFailure {
    /// Why.
    pub error: VerbError,
    /// Source and destination as read last; empty where they could not be read.
    pub ends: Vec<Element>,
}

/// What is asked for besides the elements themselves, from most to least; a changer that refuses one is asked for
/// the next, and the first that it takes is kept.
#[derive(Clone, Copy)]
struct Wish {
    current_data: bool,
    device_ids: bool,
    volume_tags: bool,
}

const WISHES: [Wish; 4] = [
    Wish { current_data: true, device_ids: true, volume_tags: true },
    Wish { current_data: false, device_ids: true, volume_tags: true },
    Wish { current_data: false, device_ids: false, volume_tags: true },
    Wish { current_data: false, device_ids: false, volume_tags: false },
];

/// A media changer.
pub struct Changer<T> {
    unit: Unit<T>,
    elements: Option<ElementAddressAssignment>,
    wish: usize,
}

impl<T: Transport> Changer<T> {
    /// Makes a changer over a transport to its unit; nothing is sent.
    pub fn new(transport: T, pause: Box<dyn Pause>) -> Self {
        Self { unit: Unit::new(transport, pause, limits::CHANGER_READY_MS), elements: None, wish: 0 }
    }

    /// Sets when waiting must end, in milliseconds from now.
    pub fn set_time_left(&mut self, left_ms: u64) {
        self.unit.set_time_left(left_ms);
    }

    /// Takes the unit attentions met since the last call; those that tell of a reset or of another unit make the
    /// changer forget its element addresses.
    pub fn take_attentions(&mut self) -> Vec<Sense> {
        let attentions = self.unit.take_attentions();
        let forget = |sense| matches!(judge(sense).verdict, Verdict::WasReset | Verdict::UnitChanged);
        if attentions.iter().any(forget) {
            self.elements = None;
        }
        attentions
    }

    /// Asks for standard INQUIRY data.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn inquire(&mut self) -> Result<StandardInquiry, VerbError> {
        self.unit.inquire()
    }

    /// Asks who the changer is and reads its element addresses anew.
    ///
    /// # Errors
    /// As [`Unit::run`]; a missing page 1Dh too, for nothing can be done without it.
    pub fn identify(&mut self) -> Result<ChangerIdentity, VerbError> {
        let identity: Identity = self.unit.identify()?;
        self.elements = None;
        let elements = self.element_addresses()?;
        let capabilities = match self.mode_page(ModePage::DEVICE_CAPABILITIES) {
            Ok(mode) => mode.capabilities(),
            Err(error) if is_refusal(&error) => None,
            Err(error) => return Err(error),
        };
        // One element is enough to learn which wishes the changer takes.
        self.wish = 0;
        let some = ElementType::ALL.into_iter().rev().find(|&kind| elements.range(kind).count > 0);
        if let Some(kind) = some {
            self.read_status(kind, elements.range(kind).first, 1)?;
        }
        Ok(ChangerIdentity { identity, elements, capabilities, volume_tags: WISHES[self.wish].volume_tags })
    }

    /// Where the elements are (mode page 1Dh), as read last.
    ///
    /// # Errors
    /// As [`Unit::run`], and [`VerbError::Answer`] when the page does not come.
    pub fn element_addresses(&mut self) -> Result<ElementAddressAssignment, VerbError> {
        if let Some(elements) = self.elements {
            return Ok(elements);
        }
        let mode = self.mode_page(ModePage::ELEMENT_ADDRESS_ASSIGNMENT)?;
        let elements = mode.element_addresses().ok_or_else(|| VerbError::Answer {
            command: "MODE SENSE(6)",
            reason: "the element address page (1Dh) did not come".into(),
        })?;
        self.elements = Some(elements);
        Ok(elements)
    }

    /// Reads a mode page; asks with block descriptors when the changer refuses to leave them out.
    fn mode_page(&mut self, page: u8) -> Result<ModeParameters, VerbError> {
        let command = |no_block_descriptors| Command::ModeSense6 {
            no_block_descriptors,
            control: PageControl::Current,
            page,
            subpage: 0,
            allocation_length: u8::MAX,
        };
        let data = match self.unit.ask(&command(true), QUERY_MS) {
            Err(error) if is_refusal(&error) => self.unit.ask(&command(false), QUERY_MS)?,
            answer => answer?,
        };
        ModeParameters::decode(&data, ModeHeaderSize::Six)
            .map_err(|error| VerbError::Answer { command: "MODE SENSE(6)", reason: error.to_string() })
    }

    /// Reads all elements, one type a command; lets the changer look first if that is wanted.
    ///
    /// # Errors
    /// As [`Unit::run`], and [`VerbError::Answer`] when not even single elements come whole.
    pub fn read_elements(&mut self, look: Look) -> Result<Inventory, VerbError> {
        if look == Look::Initialize {
            self.unit.run(&Command::InitializeElementStatus, DataPhase::None, INITIALIZE_ELEMENTS_MS)?;
        }
        let elements = self.element_addresses()?;
        let mut inventory = Inventory::default();
        for kind in ElementType::ALL {
            self.read_range(kind, elements.range(kind), &mut inventory)?;
        }
        Ok(inventory)
    }

    fn read_range(
        &mut self,
        kind: ElementType,
        range: ElementRange,
        inventory: &mut Inventory,
    ) -> Result<(), VerbError> {
        let end = u32::from(range.first.0) + u32::from(range.count);
        let mut next = u32::from(range.first.0);
        let mut chunk = (CHUNK_BYTES - HEAD_BYTES) / descriptor_bytes(kind);
        let mut found = BTreeMap::new();
        while next < end {
            let ask = chunk.min(end - next);
            // Both fit: `next` and `ask` lie below the end of a range of 16-bit addresses.
            let status = match self.read_status(kind, ElementAddress(next as u16), ask as u16) {
                Ok(status) => status,
                // Some changers refuse an address behind their last element instead of reporting none.
                Err(error) if is_bad_address(&error) && !found.is_empty() => break,
                Err(error) => return Err(error),
            };
            let none_left = status.header.count == 0;
            let wanted = |element: &Element| {
                element.element_type == kind && (next..end).contains(&u32::from(element.address.0))
            };
            let mut last = None;
            for element in status.elements.into_iter().filter(wanted) {
                last = last.max(Some(u32::from(element.address.0)));
                found.entry(element.address).or_insert(element);
            }
            match last {
                // What came whole is the beginning of the answer; the rest is asked for again.
                Some(last) => next = last + 1,
                None if none_left => break,
                None if ask > 1 => chunk = ask / 2,
                None => {
                    return Err(VerbError::Answer {
                        command: "READ ELEMENT STATUS",
                        reason: format!("element {next} did not come whole: {:?}", status.anomalies),
                    });
                }
            }
        }
        let addresses = (u32::from(range.first.0)..end).map(|address| ElementAddress(address as u16));
        inventory.missing.extend(addresses.filter(|address| !found.contains_key(address)));
        inventory.elements.extend(found.into_values());
        Ok(())
    }

    /// Reads up to `count` elements of one type, with all that the changer is willing to tell.
    fn read_status(
        &mut self,
        kind: ElementType,
        first: ElementAddress,
        count: u16,
    ) -> Result<ElementStatus, VerbError> {
        let mut wish = self.wish;
        loop {
            let Wish { current_data, device_ids, volume_tags } = WISHES[wish];
            let command = Command::ReadElementStatus(RequestedElements {
                element_type: Some(kind),
                first,
                count,
                volume_tags,
                // Only drives have identifiers, and some targets fill the other types with zeros.
                device_ids: device_ids && kind == ElementType::DataTransfer,
                current_data,
                allocation_length: HEAD_BYTES + u32::from(count) * descriptor_bytes(kind),
            });
            match self.unit.ask(&command, READ_ELEMENTS_MS) {
                Err(error) if is_invalid_field(&error) && wish + 1 < WISHES.len() => wish += 1,
                Err(error) => return Err(error),
                Ok(data) => {
                    self.wish = wish;
                    return ElementStatus::decode(&data).map_err(|error| VerbError::Answer {
                        command: "READ ELEMENT STATUS",
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    fn read_element(&mut self, address: ElementAddress) -> Result<Element, VerbError> {
        let none = VerbError::NoSuchElement { address: address.0 };
        let kind = self.element_addresses()?.type_at(address).ok_or_else(|| none.clone())?;
        let status = self.read_status(kind, address, 1)?;
        let unreadable = status.header.count > 0 && status.elements.is_empty();
        match status.elements.into_iter().find(|element| element.address == address) {
            Some(element) => Ok(element),
            None if unreadable => Err(VerbError::Answer {
                command: "READ ELEMENT STATUS",
                reason: format!("element {address} did not come whole: {:?}", status.anomalies),
            }),
            None => Err(none),
        }
    }

    /// Opens a port for hands, or closes it for the robot, and returns it as read afterwards. While a port is open its
    /// ACCESS bit is clear; what hands did there is told by an attention (06h/2801h) after it was closed.
    ///
    /// # Errors
    /// [`VerbError::NoSuchElement`], with nothing sent, when the address is no port's. Else as [`Unit::run`]: with
    /// [`Verdict::IllegalRequest`] where ports have no motor and a person moves them, with
    /// [`Verdict::MediumLocked`] while removal is prevented.
    pub fn swing_port(&mut self, port: ElementAddress, action: PortAction) -> Result<Element, VerbError> {
        if self.element_addresses()?.type_at(port) != Some(ElementType::ImportExport) {
            return Err(VerbError::NoSuchElement { address: port.0 });
        }
        self.unit.run(&Command::OpenCloseImportExport { port, action }, DataPhase::None, PORT_MS)?;
        self.read_element(port)
    }

    /// Locks ports and doors against hands, or unlocks them. What is open stays open; a reset (29h) unlocks.
    ///
    /// # Errors
    /// As [`Unit::run`]: with [`Verdict::IllegalRequest`] where nothing can be locked.
    pub fn set_removal(&mut self, removal: MediumRemoval) -> Result<(), VerbError> {
        let command = Command::PreventAllowMediumRemoval { removal };
        self.unit.run(&command, DataPhase::None, QUERY_MS).map(|_| ())
    }

    /// Moves a medium and returns source and destination as read after the move.
    ///
    /// # Errors
    /// Refused, with nothing sent: [`VerbError::SourceEmpty`], [`VerbError::DestinationFull`],
    /// [`VerbError::WrongMedium`], [`VerbError::NoSuchElement`]. [`VerbError::MoveNotSeen`] when the elements do
    /// not show what the changer reports as done. Else as [`Unit::run`]; the ends come along as read afterwards.
    pub fn move_medium(&mut self, order: &Move) -> Result<Vec<Element>, Box<MoveFailure>> {
        let command = Command::MoveMedium {
            transport: order.transport,
            source: order.from,
            destination: order.to,
            invert: order.turn == Turn::Over,
        };
        let (name, cdb) = (command.name(), command.encode());
        let mut ramp = self.unit.ramp();
        let mut attentions = 0;
        loop {
            self.check_ends(order)?;
            let sent = self.unit.once(name, cdb.as_bytes(), DataPhase::None, MOVE_MS);
            let (again, error) = match sent {
                Ok(Sent::Done(_)) => return self.moved(order),
                Ok(Sent::NotTaken(status)) => {
                    (self.unit.wait(&mut ramp), VerbError::Status { command: name, status })
                }
                Ok(Sent::Checked { sense, judgement, .. }) => {
                    let begun = !was_not_begun(&sense, &judgement);
                    let again = if begun || !judgement.retry.allows(CommandClass::Repeatable) {
                        false
                    } else if judgement.verdict == Verdict::ReadySoon {
                        self.unit.wait(&mut ramp)
                    } else {
                        // What made the table refuse to repeat a motion blindly is cured by reading both ends again.
                        attentions += 1;
                        attentions <= ATTENTIONS_IN_A_ROW
                    };
                    (again, VerbError::Sense { command: name, sense, judgement })
                }
                Err(error) => (false, error),
            };
            if !again {
                let ends = match self.read_ends(order) {
                    Ok(ends) => ends.into(),
                    Err((_, ends)) => ends,
                };
                return Err(Box::new(MoveFailure { error, ends }));
            }
        }
    }

    /// Reads both ends; with an error comes what could be read.
    fn read_ends(&mut self, order: &Move) -> Result<[Element; 2], (VerbError, Vec<Element>)> {
        let from = self.read_element(order.from);
        let to = self.read_element(order.to);
        match (from, to) {
            (Ok(from), Ok(to)) => Ok([from, to]),
            (Err(error), to) => Err((error, to.into_iter().collect())),
            (Ok(from), Err(error)) => Err((error, vec![from])),
        }
    }

    /// Reads both ends and refuses a move that the elements do not allow.
    fn check_ends(&mut self, order: &Move) -> Result<(), Box<MoveFailure>> {
        let refuse = |error, ends| Err(Box::new(MoveFailure { error, ends }));
        let [from, to] = match self.read_ends(order) {
            Ok(ends) => ends,
            Err((error, ends)) => return refuse(error, ends),
        };
        let (seen, in_the_way) = (tag_of(&from), tag_of(&to));
        let error = if !from.full {
            VerbError::SourceEmpty { address: order.from.0 }
        } else if to.full {
            VerbError::DestinationFull { address: order.to.0, tag: in_the_way }
        } else if seen != order.expected_tag {
            let expected = order.expected_tag.clone();
            VerbError::WrongMedium { address: order.from.0, expected, found: seen }
        } else {
            return Ok(());
        };
        refuse(error, vec![from, to])
    }

    /// Reads both ends after a move that the changer reports as done, and believes it only if they show it.
    fn moved(&mut self, order: &Move) -> Result<Vec<Element>, Box<MoveFailure>> {
        match self.read_ends(order) {
            Ok([from, to]) if !from.full && to.full && tag_of(&to) == order.expected_tag => {
                Ok(vec![from, to])
            }
            Ok(ends) => {
                let error = VerbError::MoveNotSeen { from: order.from.0, to: order.to.0 };
                Err(Box::new(MoveFailure { error, ends: ends.into() }))
            }
            // The changer said GOOD, but what nobody has seen is not believed.
            Err((error, ends)) => {
                let error =
                    VerbError::MoveUnread { from: order.from.0, to: order.to.0, error: Box::new(error) };
                Err(Box::new(MoveFailure { error, ends }))
            }
        }
    }
}

fn tag_of(element: &Element) -> Option<String> {
    element.primary_tag.as_ref().filter(|_| element.full).map(|tag| tag.identifier().to_owned())
}

fn descriptor_bytes(kind: ElementType) -> u32 {
    if kind == ElementType::DataTransfer { DRIVE_BYTES } else { SLOT_BYTES }
}

/// 05h/24h: a field of the command is not known, which a lesser wish may cure.
fn is_invalid_field(error: &VerbError) -> bool {
    is_refusal(error) && error.sense().is_some_and(|sense| sense.asc == 0x24)
}

fn is_bad_address(error: &VerbError) -> bool {
    matches!(error, VerbError::Sense { judgement, .. } if judgement.verdict == Verdict::BadElementAddress)
}
