//! One device and the orders for it.

use crate::failure::failure_of;
use crate::medium::Medium;
use crate::report;
use rsm_device::{Changer, Drive, Move, MoveFailure, Pause, Transport, TransportError, VerbError};
use rsm_scsi::{ElementAddress, MediumRemoval, PortAction, Sense, StandardInquiry};
use rsm_step::{Block, DeviceKind, Failure, Look, Outcome, Step, StepOrder, StepReport, Turn};

/// Carries orders out on one device.
pub struct Executor {
    device: Device,
}

enum Device {
    Changer(Changer<Box<dyn Transport>>),
    Drive {
        drive: Drive<Box<dyn Transport>>,
        /// What the drive said it is when it was asked last.
        kind: rsm_scsi::DeviceKind,
    },
}

impl Executor {
    /// Makes an executor for a device of this kind; nothing is sent until the first order.
    ///
    /// A transport that is to survive a lost connection must reconnect by itself, as `rsm_device::Reopening` does.
    #[must_use]
    pub fn new(kind: DeviceKind, transport: Box<dyn Transport>, pause: Box<dyn Pause>) -> Self {
        let device = match kind {
            DeviceKind::Changer => Device::Changer(Changer::new(transport, pause)),
            DeviceKind::Drive => {
                Device::Drive { drive: Drive::new(transport, pause), kind: rsm_scsi::DeviceKind::None }
            }
        };
        Self { device }
    }

    /// Carries an order out; waiting for the device to become ready ends with the order's limit, commands under way
    /// do not.
    pub fn carry_out(&mut self, order: &StepOrder) -> StepReport {
        self.device.set_time_left(order.limit_ms);
        let outcome = match self.device.check() {
            Ok(()) => self.device.run(&order.step),
            Err(text) => failed(Failure::DeviceGone, text, Vec::new()),
        };
        StepReport {
            id: order.id,
            device: order.device.clone(),
            epoch: order.epoch,
            attentions: report::attentions(&self.device.take_attentions()),
            outcome,
        }
    }
}

impl Device {
    fn set_time_left(&mut self, left_ms: u64) {
        match self {
            Self::Changer(changer) => changer.set_time_left(left_ms),
            Self::Drive { drive, .. } => drive.set_time_left(left_ms),
        }
    }

    fn take_attentions(&mut self) -> Vec<Sense> {
        match self {
            Self::Changer(changer) => changer.take_attentions(),
            Self::Drive { drive, .. } => drive.take_attentions(),
        }
    }

    fn inquire(&mut self) -> Result<StandardInquiry, VerbError> {
        match self {
            Self::Changer(changer) => changer.inquire(),
            Self::Drive { drive, .. } => drive.inquire(),
        }
    }

    /// Asks what the device is; a connection that broke since the last order shows here, where asking again on a
    /// new one does no harm.
    fn check(&mut self) -> Result<(), String> {
        let broken = |error: &VerbError| {
            matches!(
                error,
                VerbError::Transport { error: TransportError::Gone { .. } | TransportError::Lost { .. }, .. }
            )
        };
        let found = match self.inquire() {
            Err(error) if broken(&error) => self.inquire(),
            answer => answer,
        };
        let found = found.map_err(|error| error.to_string())?.kind;
        let (fits, name) = match self {
            Self::Changer(_) => (found == rsm_scsi::DeviceKind::MediaChanger, "media changer"),
            Self::Drive { kind, .. } => {
                *kind = found;
                (found == rsm_scsi::DeviceKind::SequentialAccess || found.is_disc(), "drive")
            }
        };
        if fits {
            return Ok(());
        }
        let found = match found {
            rsm_scsi::DeviceKind::SequentialAccess => "a tape drive".into(),
            rsm_scsi::DeviceKind::MediaChanger => "a media changer".into(),
            disc if disc.is_disc() => "a disc drive".into(),
            rsm_scsi::DeviceKind::Other(code) => format!("a device of type {code:02X}h"),
            _ => "no device".into(),
        };
        Err(format!("the configuration says {name}, but at its address is {found}: correct the address"))
    }

    fn run(&mut self, step: &Step) -> Outcome {
        match self {
            Self::Changer(changer) => run_changer(changer, step),
            Self::Drive { drive, kind } => run_drive(drive, *kind, step),
        }
    }
}

fn run_changer(changer: &mut Changer<Box<dyn Transport>>, step: &Step) -> Outcome {
    match step {
        Step::Probe => match changer.identify() {
            Ok(identity) => Outcome::Probed(report::changer(&identity)),
            Err(error) => told(step, &error, Vec::new()),
        },
        Step::ReadElements { look } => {
            let look = match look {
                Look::Remember => rsm_device::Look::Remember,
                Look::Initialize => rsm_device::Look::Initialize,
            };
            match changer.read_elements(look) {
                Ok(inventory) => {
                    Outcome::Elements { elements: inventory.elements.iter().map(report::element).collect() }
                }
                Err(error) => told(step, &error, Vec::new()),
            }
        }
        Step::Move { transport, from, to, expected_tag, turn } => {
            let order = Move {
                transport: ElementAddress(*transport),
                from: ElementAddress(*from),
                to: ElementAddress(*to),
                expected_tag: expected_tag.clone(),
                turn: match turn {
                    Turn::Keep => rsm_device::Turn::Keep,
                    Turn::Over => rsm_device::Turn::Over,
                },
            };
            match changer.move_medium(&order) {
                Ok(ends) => Outcome::Moved { ends: ends.iter().map(report::element).collect() },
                Err(failure) => {
                    let MoveFailure { error, ends } = *failure;
                    told(step, &error, ends)
                }
            }
        }
        Step::OpenPort { element } => swing_port(changer, step, *element, PortAction::Open),
        Step::ClosePort { element } => swing_port(changer, step, *element, PortAction::Close),
        Step::LockDoor => match changer.set_removal(MediumRemoval::Prevent) {
            Ok(()) => Outcome::DoorLocked,
            Err(error) => told(step, &error, Vec::new()),
        },
        Step::UnlockDoor => match changer.set_removal(MediumRemoval::Allow) {
            Ok(()) => Outcome::DoorUnlocked,
            Err(error) => told(step, &error, Vec::new()),
        },
        _ => not_for(step, "media changer"),
    }
}

fn swing_port(
    changer: &mut Changer<Box<dyn Transport>>,
    step: &Step,
    element: u16,
    action: PortAction,
) -> Outcome {
    match changer.swing_port(ElementAddress(element), action) {
        Ok(port) => Outcome::PortMoved { port: report::element(&port) },
        Err(error) => told(step, &error, Vec::new()),
    }
}

fn run_drive(drive: &mut Drive<Box<dyn Transport>>, kind: rsm_scsi::DeviceKind, step: &Step) -> Outcome {
    if *step == Step::Probe {
        let end = drive.identify().map(|found| Outcome::Probed(report::drive(&found)));
        return end.unwrap_or_else(|error| told(step, &error, Vec::new()));
    }
    let mut medium = if kind.is_disc() { Medium::Disc(drive.disc(kind)) } else { Medium::Tape(drive) };
    let end = match step {
        Step::Load => medium.load().map(Outcome::Loaded),
        Step::ReadLabel => medium.read_label().map(Outcome::Labelled),
        Step::WriteLabel { id, over } => return medium.write_label(step, *id, over),
        Step::Unload => {
            // Asked before it lets go: some drives take down with the medium what they had to say of it.
            let alerts = medium.alerts_in_passing();
            medium.unload().map(|()| Outcome::Unloaded { alerts })
        }
        Step::ReadAlerts => medium.alerts().map(|alerts| Outcome::Alerts { alerts }),
        Step::Clean => match medium.clean() {
            Some(end) => end,
            None => return not_for(step, medium.word()),
        },
        Step::WriteBlocks { blocks } => {
            let blocks: Vec<&[u8]> = blocks.iter().map(|block| block.0.as_slice()).collect();
            medium.write_blocks(&blocks).map(|()| Outcome::Written)
        }
        Step::ReadBlocks { count } => medium
            .read_blocks(*count)
            .map(|blocks| Outcome::Blocks { blocks: blocks.into_iter().map(Block).collect() }),
        Step::Probe
        | Step::ReadElements { .. }
        | Step::Move { .. }
        | Step::OpenPort { .. }
        | Step::ClosePort { .. }
        | Step::LockDoor
        | Step::UnlockDoor => return not_for(step, medium.word()),
    };
    end.unwrap_or_else(|error| told(step, &error, Vec::new()))
}

fn not_for(step: &Step, device: &str) -> Outcome {
    failed(Failure::Refused, format!("a {device} cannot {}", step.word()), Vec::new())
}

pub(crate) fn told(step: &Step, error: &VerbError, ends: Vec<rsm_scsi::Element>) -> Outcome {
    failed(failure_of(step, error, &ends), error.to_string(), ends)
}

pub(crate) fn failed(failure: Failure, text: String, ends: Vec<rsm_scsi::Element>) -> Outcome {
    Outcome::Failed { failure, text, ends: ends.iter().map(report::element).collect() }
}
