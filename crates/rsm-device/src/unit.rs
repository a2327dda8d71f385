//! One logical unit: commands with the repetitions that the sense table allows, and the attentions met.
//!
//! ```text
//!            ┌────────── AtOnce (unit attention; at most a few in a row)
//!            ▼                                   │
//!   run ─► once ─► GOOD ─► answer                │
//!            ▲       └──► CHECK CONDITION ─► judge ─► Never ─► error with the sense
//!            └─ ramp ◄── AfterWait, BUSY, TASK SET FULL (not begun)
//! ```
//!
//! Invariants: each unit attention is kept for the caller, repeated or not; a command is repeated only if the
//! table allows it for its class; MOVE MEDIUM goes through [`Unit::once`], for its repetition needs the places to
//! be read again; waiting ends at the unit's limit and at the caller's deadline, whichever is first.

use crate::error::VerbError;
use crate::limits;
use crate::pause::Pause;
use crate::transport::{Answer, DataPhase, Transport};
use rsm_scsi::{
    Command, CommandClass, Judgement, RetryRule, ScsiStatus, Sense, SenseKey, SenseTiming, Verdict, judge,
};

/// A unit behind a transport.
pub struct Unit<T> {
    transport: T,
    pause: Box<dyn Pause>,
    ready_limit_ms: u64,
    deadline_ms: u64,
    attentions: Vec<Sense>,
    medium_doubted: bool,
}

/// What one sending of a command came to.
pub(crate) enum Sent {
    /// GOOD, or an error that the device has corrected.
    Done(Answer),
    /// CHECK CONDITION with sense data.
    Checked {
        /// What the device said.
        sense: Sense,
        /// What the table says to it.
        judgement: Judgement,
        /// What came with it.
        answer: Answer,
    },
    /// BUSY or TASK SET FULL: the command was not taken.
    NotTaken(ScsiStatus),
}

impl<T: Transport> Unit<T> {
    /// Makes a unit that may say for `ready_limit_ms` that it is becoming ready.
    pub fn new(transport: T, pause: Box<dyn Pause>, ready_limit_ms: u64) -> Self {
        Self {
            transport,
            pause,
            ready_limit_ms,
            deadline_ms: u64::MAX,
            attentions: Vec::new(),
            medium_doubted: false,
        }
    }

    /// Sets when waiting must end, in milliseconds from now; commands under way are not cut by it.
    pub fn set_time_left(&mut self, left_ms: u64) {
        self.deadline_ms = self.pause.now_ms().saturating_add(left_ms);
    }

    /// Takes the unit attentions met since the last call, in the order in which they came.
    pub fn take_attentions(&mut self) -> Vec<Sense> {
        std::mem::take(&mut self.attentions)
    }

    /// Whether the unit has said (28h) that its medium may have changed, and nobody has looked since.
    pub(crate) fn medium_doubted(&self) -> bool {
        self.medium_doubted
    }

    /// Notes that somebody has looked at the medium.
    pub(crate) fn medium_seen(&mut self) {
        self.medium_doubted = false;
    }

    /// Sends a command, repeats it where the table allows, and returns the answer of a success.
    ///
    /// # Errors
    /// The transport's, and the sense or status that may not be repeated or did not go away.
    pub fn run(
        &mut self,
        command: &Command,
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, VerbError> {
        match self.repeat(command.name(), command.class(), command.encode().as_bytes(), data, timeout_ms)? {
            Sent::Done(answer) => Ok(answer),
            Sent::Checked { sense, judgement, .. } => {
                Err(VerbError::Sense { command: command.name(), sense, judgement })
            }
            Sent::NotTaken(status) => Err(VerbError::Status { command: command.name(), status }),
        }
    }

    /// Sends a question whose answer has its allocation length's size.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn ask(&mut self, command: &Command, timeout_ms: u64) -> Result<Vec<u8>, VerbError> {
        let data = match command.data_phase() {
            rsm_scsi::DataPhase::In { limit_bytes } => DataPhase::In { allocation: limit_bytes },
            _ => DataPhase::None,
        };
        Ok(self.run(command, data, timeout_ms)?.data_in)
    }

    /// Sends a command until it has ended in a way that waiting and repeating do not change.
    pub(crate) fn repeat(
        &mut self,
        name: &'static str,
        class: CommandClass,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Sent, VerbError> {
        let mut ramp = self.ramp();
        let mut at_once = 0;
        loop {
            let sent = self.once(name, cdb, data, timeout_ms)?;
            let again = match &sent {
                Sent::Done(_) => false,
                // SAM-5, BUSY and TASK SET FULL: the command was not accepted, whatever its class.
                Sent::NotTaken(_) => self.wait(&mut ramp),
                Sent::Checked { sense, .. } if sense.timing == SenseTiming::Deferred => {
                    // SPC-4, deferred errors: the sense speaks of an earlier command and this one was not begun;
                    // what failed before can matter to all but questions.
                    at_once += 1;
                    class == CommandClass::Query && at_once <= limits::ATTENTIONS_IN_A_ROW
                }
                Sent::Checked { judgement, .. } => match judgement.retry {
                    rule if !rule.allows(class) => false,
                    RetryRule::AfterWait(_) => self.wait(&mut ramp),
                    RetryRule::AtOnce(_) | RetryRule::Never => {
                        at_once += 1;
                        at_once <= limits::ATTENTIONS_IN_A_ROW
                    }
                },
            };
            if !again {
                return Ok(sent);
            }
        }
    }

    /// Sends a command once.
    pub(crate) fn once(
        &mut self,
        name: &'static str,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Sent, VerbError> {
        let answer = self
            .transport
            .execute(cdb, data, timeout_ms)
            .map_err(|error| VerbError::Transport { command: name, error })?;
        match answer.status {
            ScsiStatus::Good => Ok(Sent::Done(answer)),
            status @ (ScsiStatus::Busy | ScsiStatus::TaskSetFull) => Ok(Sent::NotTaken(status)),
            ScsiStatus::CheckCondition => {
                let sense = Sense::decode(&answer.sense)
                    .map_err(|error| VerbError::Answer { command: name, reason: error.to_string() })?;
                if sense.key == SenseKey::UnitAttention {
                    self.medium_doubted |= sense.asc == 0x28;
                    self.attentions.push(sense);
                }
                let judgement = judge(&sense);
                let current = sense.timing == SenseTiming::Current;
                if judgement.verdict == Verdict::NothingWrong && current {
                    return Ok(Sent::Done(answer));
                }
                Ok(Sent::Checked { sense, judgement, answer })
            }
            status => Err(VerbError::Status { command: name, status }),
        }
    }

    /// A ramp that ends at the unit's limit or the caller's deadline.
    pub(crate) fn ramp(&self) -> Ramp {
        self.ramp_for(self.ready_limit_ms)
    }

    /// Milliseconds since some fixed moment.
    pub(crate) fn now_ms(&self) -> u64 {
        self.pause.now_ms()
    }

    /// A ramp that ends after this time or at the caller's deadline.
    pub(crate) fn ramp_for(&self, limit_ms: u64) -> Ramp {
        let limit = self.pause.now_ms().saturating_add(limit_ms);
        Ramp { step: 0, until_ms: limit.min(self.deadline_ms) }
    }

    /// Lets the ramp's next pause pass; `false`, at once, when its time is over.
    pub(crate) fn wait(&mut self, ramp: &mut Ramp) -> bool {
        let left = ramp.until_ms.saturating_sub(self.pause.now_ms());
        if left == 0 {
            return false;
        }
        let last = limits::RAMP_MS.len() - 1;
        self.pause.pause(limits::RAMP_MS[ramp.step.min(last)].min(left));
        ramp.step += 1;
        true
    }
}

/// Growing pauses up to a moment.
pub(crate) struct Ramp {
    step: usize,
    until_ms: u64,
}

/// Tells whether the sense says that its command was not begun.
pub(crate) fn was_not_begun(sense: &Sense, judgement: &Judgement) -> bool {
    sense.timing == SenseTiming::Current
        && (sense.key == SenseKey::UnitAttention || judgement.verdict == Verdict::ReadySoon)
}
