//! The desk's own turns: work that it has divided goes on between the batches of those who wait.

use rsm_engine::{Input, Output};
use rsm_model::ids::{Guid, SessionId};
use rsm_model::time::Now;
use rsm_server::{Clock, DeskHandle, DeskThread, Machine, Workers};
use rsm_step::{Hello, StepOrder};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const SEEN: Input = Input::SessionSeen { session: SessionId(Guid([7; 16])) };

/// Has so many pieces of work left, and somebody always waits.
struct Divided {
    left: u32,
    desk: DeskHandle,
    told: Sender<Vec<Input>>,
}

impl Machine for Divided {
    fn apply(&mut self, now: Now, batch: Vec<Input>) -> Vec<Output> {
        if batch == [Input::Tick] {
            self.left -= 1;
        } else {
            self.desk.tell(SEEN);
        }
        self.told.send(batch).expect("the test listens");
        let goes_on = self.left > 0;
        goes_on.then_some(Output::WakeAt { monotonic_ms: now.monotonic_ms }).into_iter().collect()
    }
}

struct NoWorkers;

impl Workers for NoWorkers {
    fn start(&mut self, hello: Hello) {
        panic!("no worker was asked for: {hello:?}");
    }
    fn order(&mut self, order: StepOrder) {
        panic!("no step was asked for: {order:?}");
    }
}

#[test]
fn divided_work_and_those_who_wait_take_turns() {
    let (told, hear) = channel();
    let desk = DeskHandle::new();
    let machine = Divided { left: 3, desk: desk.clone(), told };
    let open = move || Ok::<_, std::io::Error>((machine, Vec::new(), ()));
    let (thread, ()) = DeskThread::start(desk.clone(), open, NoWorkers, Clock::start()).expect("a thread");
    desk.tell(SEEN);
    let batches: Vec<Vec<Input>> =
        (0..8).map(|_| hear.recv_timeout(Duration::from_secs(20)).expect("the desk goes on")).collect();
    let turn = |at: usize| if [1, 3, 5].contains(&at) { vec![Input::Tick] } else { vec![SEEN] };
    assert_eq!(batches, (0..8).map(turn).collect::<Vec<_>>());
    thread.stop().expect("the desk did not panic");
}
