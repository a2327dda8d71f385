//! The desk as the bed runs it: the production desk, given the yard's time, telling the yard what it did.
//!
//! Invariant: the yard learns of a batch before anybody learns its outcome, so who has an answer finds the yard
//! knowing about the work that followed.

use super::yard::{Applied, Teller, Time};
use rsm_engine::{Desk, Input, Output};
use rsm_model::time::Now;
use rsm_server::Machine;
use std::sync::mpsc::{Receiver, Sender, channel};

type Errand = Box<dyn FnOnce(&mut Desk) + Send>;

/// Things to do on the desk's thread, before its next batch.
pub struct Errands {
    sender: Sender<Errand>,
}

impl Errands {
    /// Makes the two ends.
    pub fn new() -> (Errands, Receiver<Errand>) {
        let (sender, receiver) = channel();
        (Errands { sender }, receiver)
    }

    /// Sends an errand; its outcome arrives when it has been carried out.
    pub fn send<T: Send + 'static>(&self, act: impl FnOnce(&mut Desk) -> T + Send + 'static) -> Receiver<T> {
        let (tell, told) = channel();
        // An end that is gone shows when the outcome does not come.
        let _ = self.sender.send(Box::new(move |desk| drop(tell.send(act(desk)))));
        told
    }
}

/// The desk with its watchers.
pub struct Watched {
    desk: Desk,
    time: Time,
    yard: Teller,
    errands: Receiver<Errand>,
}

impl Watched {
    /// Watches a desk.
    pub fn new(desk: Desk, time: Time, yard: Teller, errands: Receiver<Errand>) -> Watched {
        Watched { desk, time, yard, errands }
    }

    /// Tells the yard of a batch; the moment at which the desk wants to be called is the yard's to keep.
    pub fn tell(&mut self, handled: usize, calls: usize, mut outputs: Vec<Output>) -> Vec<Output> {
        let mut wake_ms: Option<u64> = None;
        outputs.retain(|output| match output {
            Output::WakeAt { monotonic_ms } => {
                wake_ms = Some(wake_ms.map_or(*monotonic_ms, |at| at.min(*monotonic_ms)));
                false
            }
            _ => true,
        });
        let orders = |output: &&Output| matches!(output, Output::Start(_) | Output::StartWorker(_));
        let orders = outputs.iter().filter(orders).count();
        self.yard.applied(Applied { handled, calls, orders, wake_ms });
        outputs
    }
}

impl Machine for Watched {
    fn apply(&mut self, _: Now, batch: Vec<Input>) -> Vec<Output> {
        while let Ok(errand) = self.errands.try_recv() {
            errand(&mut self.desk);
        }
        let told = |input: &&Input| matches!(input, Input::Step(_) | Input::WorkerGone { .. } | Input::Tick);
        let handled = batch.iter().filter(told).count();
        let calls = batch.iter().filter(|input| matches!(input, Input::Call { .. })).count();
        let outputs = self.desk.apply(self.time.now(), batch);
        self.tell(handled, calls, outputs)
    }
}
