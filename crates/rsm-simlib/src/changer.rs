//! The robot: what LUN 0 answers.
//!
//! SMC-3 commands on the one state of the library. A move is first checked as a whole (addresses, a
//! cartridge at its source, room at its destination, the drive unthreaded), then met by faults, then
//! done; so a refused move has moved nothing, and a fault only fires on a move that would have
//! succeeded.

use rsm_scsi::{
    Command, DescriptorContents, DeviceCapabilities, DeviceIdentifier, Element, ElementAddress, ElementSet,
    ElementStatus, ElementType, MediumRemoval, ModeHeaderSize, ModePage, ModeParameters, RequestedElements,
    Sense, SenseKey, T10VendorId, VolumeTag,
};

use crate::cartridge::Place;
use crate::config::ThreadedSource;
use crate::faults::{FaultKind, FaultSpec, Outcome, StuckAt, Target};
use crate::library::{Answer, KEEPING, MotionCause, SimLibrary, Verdict, cut, refused};

/// A move that can be done.
struct Plan {
    cartridge: usize,
    to: Place,
    turns: bool,
    cost_ms: u64,
}

impl SimLibrary {
    pub(crate) fn run_changer(&mut self, command: Command) -> Verdict {
        match command {
            Command::TestUnitReady => self.door_closed().map(|()| Answer::default()),
            Command::ModeSense6 { page, control, allocation_length, .. } => {
                let parameters = self.changer_mode(page)?;
                Self::mode_sense(&parameters, control, ModeHeaderSize::Six, u32::from(allocation_length))
            }
            Command::ModeSense10 { page, control, allocation_length, .. } => {
                let parameters = self.changer_mode(page)?;
                Self::mode_sense(&parameters, control, ModeHeaderSize::Ten, u32::from(allocation_length))
            }
            Command::InitializeElementStatus => {
                self.door_closed()?;
                let geometry = self.config.geometry;
                let elements =
                    u64::from(geometry.slots) + u64::from(geometry.ports) + u64::from(geometry.drives);
                let cost = self.config.time.scaled_ms(elements * self.config.time.scan_element_ms);
                Ok(self.interference(0).apply(Answer::after(cost)))
            }
            Command::ReadElementStatus(requested) => {
                self.door_closed()?;
                self.read_element_status(requested)
            }
            Command::OpenCloseImportExport { port, action } => self.open_close(port, action),
            Command::MoveMedium { transport, source, destination, invert } => {
                self.door_closed()?;
                // SMC-3 MOVE MEDIUM: a changer that cannot turn media over refuses INVERT.
                if invert && !self.config.turns() {
                    return Err(Sense::invalid_field_in_cdb(10));
                }
                let plan = self.plan_move(transport, source, destination)?;
                Ok(self.perform(&Plan { turns: invert, ..plan }))
            }
            Command::PreventAllowMediumRemoval { removal } => {
                self.doors_locked = removal == MediumRemoval::Prevent;
                Ok(Answer::default())
            }
            _ => Err(refused(0x20, 0x00)),
        }
    }

    fn changer_mode(&self, page: u8) -> Result<ModeParameters, Sense> {
        let addresses = ModePage::ElementAddressAssignment(self.config.geometry.assignment());
        let keeping = ElementSet::of(&KEEPING);
        // Nothing is moved into the hand on purpose; out of it, to recover.
        let capabilities = ModePage::DeviceCapabilities(DeviceCapabilities {
            storage: keeping,
            moves: [keeping; 4],
            exchanges: Default::default(),
        });
        let pages = match page {
            ModePage::ELEMENT_ADDRESS_ASSIGNMENT => vec![addresses],
            ModePage::DEVICE_CAPABILITIES => vec![capabilities],
            0x3F => vec![addresses, capabilities],
            _ => return Err(Sense::invalid_field_in_cdb(2)),
        };
        Ok(ModeParameters { medium_type: 0, device_specific: 0, block_descriptor: None, pages })
    }

    fn read_element_status(&mut self, requested: RequestedElements) -> Verdict {
        let map = self.config.geometry.assignment();
        let last = ElementType::ALL.map(|kind| {
            let range = map.range(kind);
            range.first.0.saturating_add(range.count.saturating_sub(1))
        });
        if last.iter().all(|&last| requested.first.0 > last) {
            return Err(refused(0x21, 0x01));
        }
        let tags = requested.volume_tags && self.config.changer.bar_code_reader;
        if tags {
            self.meet_unreadable_bar_code(requested.element_type);
        }
        let kinds =
            ElementType::ALL.into_iter().filter(|kind| requested.element_type.is_none_or(|t| t == *kind));
        let places: std::collections::HashMap<Place, usize> =
            self.cartridges.iter().enumerate().map(|(index, cartridge)| (cartridge.place, index)).collect();
        let elements: Vec<Element> = kinds
            .flat_map(|kind| {
                let range = map.range(kind);
                (0..range.count).map(move |offset| (kind, ElementAddress(range.first.0 + offset)))
            })
            .filter(|(_, address)| *address >= requested.first)
            .take(usize::from(requested.count))
            .map(|(kind, address)| {
                self.element(kind, address, places.get(&Place::of(kind, address)).copied())
            })
            .collect();
        let contents = DescriptorContents {
            primary_tags: tags,
            alternate_tags: false,
            device_ids: requested.device_ids && self.config.changer.device_ids,
        };
        Ok(cut(ElementStatus::encode(&elements, contents), requested.allocation_length))
    }

    fn element(&self, kind: ElementType, address: ElementAddress, occupant: Option<usize>) -> Element {
        let mut element = Element::empty(kind, address);
        if let Some(port) = &mut element.import_export {
            port.import_enabled = true;
            port.export_enabled = true;
            element.access = !self.port_is_open(address.0);
        }
        if let Some(drive) = self.drive_at(Place::of(kind, address)) {
            element.access = self.drives[drive].gives_out(self.now_ms());
            let config = &self.config.drive;
            let id = T10VendorId {
                vendor: config.vendor.clone(),
                product: self.config.drive_product().to_owned(),
                vendor_specific: self.drives[drive].serial.clone(),
            };
            element.device_id = Some(DeviceIdentifier {
                code_set: rsm_scsi::CodeSet::Ascii,
                kind: rsm_scsi::DesignatorKind::T10VendorId,
                bytes: id.encode(),
            });
        }
        if self.magazine_is_out(address.0) {
            // What lies in a magazine that is out the library does not see.
            element.access = false;
            (element.except, element.asc, element.ascq) = (true, 0x3B, 0x12);
            return element;
        }
        let Some(cartridge) = occupant.map(|index| &self.cartridges[index]) else { return element };
        element.full = true;
        element.source = cartridge.home.map(ElementAddress);
        element.inverted = cartridge.disc.as_ref().is_some_and(|disc| disc.inverted);
        if let Some(port) = &mut element.import_export {
            port.placed_by_hand = cartridge.placed_by_hand;
        }
        if cartridge.bar_code_readable {
            element.primary_tag = cartridge.bar_code.as_deref().and_then(|code| VolumeTag::new(code).ok());
        } else {
            // 83h is vendor-specific; libraries use it for a label that the reader could not read.
            (element.except, element.asc, element.ascq) = (true, 0x83, 0x00);
        }
        element
    }

    /// Lets an unreadable-bar-code fault fire on a cartridge that the report shows.
    fn meet_unreadable_bar_code(&mut self, kind: Option<ElementType>) {
        let map = self.config.geometry.assignment();
        let mut seen: Vec<(u16, usize)> = (0..self.cartridges.len())
            .filter_map(|index| Some((self.cartridges[index].place.address()?, index)))
            .filter(|(_, index)| {
                self.cartridges[*index].bar_code_readable && self.cartridges[*index].bar_code.is_some()
            })
            .filter(|(address, _)| {
                kind.is_none_or(|kind| map.type_at(ElementAddress(*address)) == Some(kind))
            })
            .collect();
        seen.sort_unstable();
        let hit = self.faults.first_hit(FaultKind::UnreadableBarCode, &seen);
        if let Some(index) = hit {
            self.cartridges[index].bar_code_readable = false;
            self.unsaved.state = true;
        }
    }

    /// Checks a move: the first thing that is wrong is the answer.
    fn plan_move(
        &self,
        transport: ElementAddress,
        source: ElementAddress,
        destination: ElementAddress,
    ) -> Result<Plan, Sense> {
        let map = self.config.geometry.assignment();
        let place =
            |address| map.type_at(address).map(|kind| Place::of(kind, address)).ok_or(refused(0x21, 0x01));
        if transport.0 != 0 && !map.transports.contains(transport) {
            return Err(refused(0x21, 0x01));
        }
        let (from, to) = (place(source)?, place(destination)?);
        if matches!(to, Place::Transport(_)) {
            return Err(refused(0x21, 0x01));
        }
        self.reached_by_robot(from)?;
        self.reached_by_robot(to)?;
        let hand = Place::Transport(self.config.geometry.transport_address);
        if from != hand && self.occupant(hand).is_some() {
            // 02h/0403h: a cartridge is in the hand, and must be put down first.
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x03));
        }
        let cartridge = self.occupant(from).ok_or(refused(0x3B, 0x0E))?;
        if self.occupant(to).is_some() {
            return Err(refused(0x3B, 0x0D));
        }
        let time = &self.config.time;
        let mut machine_ms = time.move_ms;
        if let Some(drive) = self.drive_at(from).map(|index| &self.drives[index])
            && !drive.gives_out(self.now_ms())
        {
            let unloads = self.config.changer.threaded_source == ThreadedSource::UnloadFirst;
            if !unloads || !drive.can_unload() {
                return Err(refused(0x53, 0x03));
            }
            machine_ms += time.unload_ms;
        }
        Ok(Plan { cartridge, to, turns: false, cost_ms: time.scaled_ms(machine_ms) })
    }

    fn perform(&mut self, plan: &Plan) -> Answer {
        let hand = self.config.geometry.transport_address;
        if let Some(FaultSpec::StuckGripper { leaves }) =
            self.faults.fires(FaultKind::StuckGripper, Target::Lun(0))
        {
            self.unsaved.state = true;
            if leaves == StuckAt::Transport && self.cartridges[plan.cartridge].place != Place::Transport(hand)
            {
                self.carry(plan.cartridge, Place::Transport(hand), MotionCause::Command);
            }
            // 04h/1501h: mechanical positioning error.
            let mut answer = Answer::check(Sense::new(SenseKey::HardwareError, 0x15, 0x01));
            answer.cost_ms = plan.cost_ms;
            return answer;
        }
        let interference = self.interference(0);
        if interference.outcome == Outcome::Done {
            if plan.turns {
                self.carry_turning(plan.cartridge, plan.to);
            } else {
                self.carry(plan.cartridge, plan.to, MotionCause::Command);
            }
            if let Some(drive) = self.drive_at(plan.to) {
                self.cartridge_arrives(drive, plan.cost_ms);
            }
        }
        interference.apply(Answer::after(plan.cost_ms))
    }
}
