//! The conformance suite and the behaviour at lost connections, against a real target over iSCSI.

#[path = "common/suite.rs"]
mod suite;
#[path = "common/tgtd.rs"]
mod tgtd;

use rsm_device::{DataPhase, SystemPause, Transport, TransportError, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};
use tgtd::{Shape, Tgtd};

const TEST_UNIT_READY: [u8; 6] = [0; 6];

fn library() -> Tgtd {
    Tgtd::start(&Shape { drives: 2, slots: 20, ports: 4, tapes: 8 })
}

#[test]
fn tgtd_conforms() {
    let library = library();
    let open = |address: String| open(&address).unwrap_or_else(|error| panic!("{error}"));
    let drives = (1..=2).map(|number| open(library.drive(number))).collect();
    suite::conform(suite::Bed { changer: open(library.changer()), drives }, || Box::new(SystemPause::new()));
}

#[test]
fn a_large_library_is_read_in_chunks() {
    let library = Tgtd::start(&Shape { drives: 1, slots: 2000, ports: 0, tapes: 3 });
    let transport = open(&library.changer()).unwrap();
    let mut changer = rsm_device::Changer::new(transport, Box::new(SystemPause::new()));
    let inventory = changer.read_elements(rsm_device::Look::Remember).unwrap();
    assert_eq!(inventory.missing, []);
    assert_eq!(inventory.elements.len(), 2002);
    assert_eq!(inventory.elements.iter().filter(|element| element.full).count(), 3);
}

fn test_unit_ready(transport: &mut dyn Transport, timeout_ms: u64) -> Result<(), TransportError> {
    transport.execute(&TEST_UNIT_READY, DataPhase::None, timeout_ms).map(|_| ())
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_target_that_stops_answering_is_a_timeout_and_costs_no_processor_time() {
    let library = library();
    let mut transport = open(&library.changer()).unwrap();
    test_unit_ready(transport.as_mut(), 5_000).unwrap();
    kill_process(Pid::from_raw(library.pid() as i32).unwrap(), Signal::STOP).unwrap();
    let (started, busy) = (Instant::now(), processor_time());
    let error = test_unit_ready(transport.as_mut(), 700).expect_err("nobody answers");
    let (passed, busy) = (started.elapsed(), processor_time() - busy);
    assert_eq!(error, TransportError::Timeout { timeout_ms: 700 });
    assert!((Duration::from_millis(700)..Duration::from_secs(5)).contains(&passed), "{passed:?}");
    assert!(busy < Duration::from_millis(100), "spun for {busy:?}");
    let error = test_unit_ready(transport.as_mut(), 700).expect_err("the session was given up");
    assert!(matches!(error, TransportError::Gone { .. }), "{error}");
}

#[test]
fn a_target_that_dies_leaves_the_end_unknown() {
    let library = library();
    let mut transport = open(&library.changer()).unwrap();
    test_unit_ready(transport.as_mut(), 5_000).unwrap();
    let address = library.changer();
    drop(library);
    let (started, busy) = (Instant::now(), processor_time());
    let error = test_unit_ready(transport.as_mut(), 5_000).expect_err("nobody is there");
    assert!(matches!(error, TransportError::Lost { .. } | TransportError::Timeout { .. }), "{error}");
    assert!(error.leaves_completion_unknown());
    assert!(started.elapsed() < Duration::from_secs(8));
    assert!(processor_time() - busy < Duration::from_millis(100));
    let Err(error) = open(&address) else { panic!("nobody listens") };
    assert!(matches!(error, TransportError::Gone { .. }), "{error}");
}

#[test]
fn a_target_or_unit_that_does_not_exist_is_told() {
    let library = library();
    let address = library.changer();
    let Err(error) = open(&address.replace("vtl", "other")) else { panic!("no such target") };
    assert!(matches!(error, TransportError::Gone { .. }), "{error}");
    // An absent unit answers INQUIRY by itself; that it is none shows in its type.
    let absent = open(&format!("{}7", address)).expect("the target is there");
    let mut drive = rsm_device::Drive::new(absent, Box::new(SystemPause::new()));
    match drive.inquire() {
        Ok(found) => assert_eq!(found.kind, rsm_scsi::DeviceKind::None),
        Err(error) => assert!(error.sense().is_some(), "{error}"),
    }
}
