//! The manager and a library that lives on: what a power cut and a stopped worker leave behind.

mod stage;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stage::{Client, DRIVE, Home, LIBRARY_REQUEST, Library, SLOT, send_signal, until};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const READ: u32 = 1;
const WRITE: u32 = 2;

/// NtmsLmOperation of a mount.
const MOUNT: u32 = 17;

/// States of a library request that are final (NtmsLmState): passed, failed, invalid, cancelled, stopped.
const FINAL: [u32; 5] = [2, 3, 4, 7, 8];

fn mount_beside(client: &Client, bar_code: &'static str) -> JoinHandle<(u16, Value)> {
    let client = client.clone();
    std::thread::spawn(move || client.mount(bar_code, READ))
}

fn element_of(place: &Value) -> Value {
    place.as_object().and_then(|place| place.values().next()).cloned().unwrap_or_else(|| panic!("{place}"))
}

fn final_requests(client: &Client) -> Vec<u32> {
    let states = client.ids(None, LIBRARY_REQUEST).into_iter().map(|id| {
        let request = client.information(&id);
        assert!(!request["libRequest"].is_null(), "{request}");
        u32::try_from(request["libRequest"]["state"].as_u64().unwrap_or(0)).expect("a state")
    });
    states.collect()
}

#[test]
fn a_manager_killed_in_mid_mount_finds_the_medium_again() {
    let library = Library::start(1_500);
    let home = Home::new(Some(&library), "");
    let manager = home.start();
    let client = manager.ready_client();
    let waiting = mount_beside(&client, "V00001L6");
    client.wait_until_moving("V00001L6");
    let requests = client.ids(None, LIBRARY_REQUEST);
    let mount = |id: &&String| client.information(id)["libRequest"]["operationCode"] == MOUNT;
    let mounts: Vec<String> = requests.iter().filter(mount).cloned().collect();
    assert_eq!(mounts.len(), 1, "{requests:?}");
    manager.kill();
    let (status, _) = waiting.join().expect("it ends");
    assert_eq!(status, 0, "nothing was answered");

    let manager = home.start();
    let client = manager.ready_client();
    // The robot ends its move whoever lives; the manager's belief must come to be where the cartridge is.
    until("belief and world to agree", || {
        let places = library.places("V00001L6");
        assert_eq!(places.len(), 1, "a cartridge is in one place: {places:?}");
        (client.believed_element("V00001L6") == element_of(&places[0])).then_some(())
    });
    let left = client.information(&mounts[0]);
    assert_eq!(left["libRequest"]["stateWord"], "cancelled", "a start ends what was under way: {left}");
    let told = client.history();
    assert!(told.iter().any(|(what, _)| what == "given up"), "the open step is accounted for: {told:?}");
    let (status, answer) = client.mount("V00001L6", READ);
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = client.mount("V00002L6", READ);
    assert_eq!(status, 200, "{answer}");
    let in_drives = |code| library.places(code).iter().all(|place| place.get("drive").is_some());
    assert!(in_drives("V00001L6") && in_drives("V00002L6"), "{}", library.show()["cartridges"]);
    assert!(final_requests(&client).iter().all(|state| FINAL.contains(state)));
}

#[test]
fn a_worker_stopped_in_mid_move_holds_up_nobody_else() {
    let library = Library::start(2_000);
    let home = Home::new(Some(&library), "[limits]\nmove_ms = 6000\n");
    let manager = home.start();
    let client = manager.ready_client();
    let (status, mounted) = client.mount("V00001L6", WRITE);
    assert_eq!(status, 200, "{mounted}");
    let drive = mounted["drives"][0].clone();

    let waiting = mount_beside(&client, "V00002L6");
    client.wait_until_moving("V00002L6");
    let stopped = manager.worker_of("lab/changer");
    send_signal(stopped, Signal::SIGSTOP);

    // Every read and the other drive answer meanwhile.
    let begin = Instant::now();
    client.call("Extension/WriteBlocks", json!({"drive": drive, "blocks": ["TEFCRUw="]}));
    let read = client.call("Extension/ReadBlocks", json!({"drive": drive, "count": 1}));
    assert_eq!(read["blocks"], json!(["TEFCRUw="]));
    assert_eq!(client.ids(None, DRIVE).len(), 2);
    client.information(drive.as_str().expect("an id"));
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());

    // The library itself stands still, so that nothing can be read once the step is given up.
    send_signal(library.pid(), Signal::SIGSTOP);
    let fenced = |client: &Client| {
        let id = client.library().expect("it is there")["id"].as_str().expect("an id").to_string();
        let elements = [SLOT, DRIVE].map(|kind| client.ids(Some(&id), kind)).concat();
        let all = elements.iter().map(|id| client.information(id));
        let seen = all.map(|element| {
            let of = if element["drive"].is_object() { "drive" } else { "storageSlot" };
            (element[of]["seen"].clone(), element["operationalState"].clone())
        });
        let fenced = seen.filter(|(seen, _)| seen["fenced"] == true);
        fenced.map(|(seen, state)| (seen["element"].clone(), state)).collect::<Vec<_>>()
    };
    let found = until("the elements of the move to be fenced", || {
        let found = fenced(&client);
        (found.len() >= 2).then_some(found)
    });
    assert!(found.iter().all(|(_, state)| *state == 20), "fenced elements need service: {found:?}");
    assert_ne!(manager.worker_of("lab/changer"), stopped, "a new worker was started");
    assert!(
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(stopped as i32), None).is_err(),
        "the stopped worker was killed and reaped"
    );
    send_signal(library.pid(), Signal::SIGCONT);

    until("the fences to fall", || fenced(&client).is_empty().then_some(()));
    let places = library.places("V00002L6");
    assert_eq!(places.len(), 1, "{places:?}");
    let (status, answer) = waiting.join().expect("an answer");
    if status != 200 {
        // The caller was told what happened; asking again works.
        assert!(answer["details"][0]["debug"]["name"].is_string(), "{answer}");
        let (status, answer) = client.mount("V00002L6", READ);
        assert_eq!(status, 200, "{answer}");
    }
    assert!(library.places("V00002L6")[0].get("drive").is_some());
    assert_eq!(client.believed_element("V00002L6"), element_of(&library.places("V00002L6")[0]));
}

#[test]
fn a_call_whose_answer_was_lost_is_joined_and_not_made_again() {
    let library = Library::start(800);
    let home = Home::new(Some(&library), "");
    let manager = home.start();
    let client = manager.ready_client();
    let medium = client.medium("V00003L6")["id"].clone();
    let body = json!({
        "session": client.session, "call": 5, "media": [medium], "options": READ, "timeoutMs": 30_000
    });
    client.post_and_hang_up("MediaServices/MountNtmsMedia", &body);
    client.wait_until_moving("V00003L6");
    let (status, joined) = client.post("MediaServices/MountNtmsMedia", &body);
    assert_eq!(status, 200, "{joined}");
    let again = client.post("MediaServices/MountNtmsMedia", &body);
    assert_eq!(again, (200, joined), "and once more, after it was done");
    let mounts = client.ids(None, LIBRARY_REQUEST).into_iter().map(|id| client.information(&id));
    assert_eq!(mounts.filter(|request| request["libRequest"]["operationCode"] == MOUNT).count(), 1);
}
