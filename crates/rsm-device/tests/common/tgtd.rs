//! A real tape library in user space for tests: tgtd on loopback, started and stopped by the test that needs it.
//!
//! tgtd is one odd device among many and no reference: it cuts element status short, ignores the number of elements
//! asked for, never unloads. What is missing makes the test fail and names the packages, for a bed that is silently
//! left out proves nothing.
//!
//! Invariants: each instance has its own port, control socket and folder; a port that is taken makes tgtd run
//! without its portal and a client talk to a stranger, so the port is probed first and the target's name is unique;
//! the process is ended by its id when the value is dropped.

// Each test program that includes this module uses another part of it.
#![allow(dead_code)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running tgtd with one library: drives are LUN 1 to n, the changer is LUN n + 1.
pub struct Tgtd {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
    control: u32,
    drives: u16,
}

/// What the library consists of.
pub struct Shape {
    pub drives: u16,
    pub slots: u16,
    pub ports: u16,
    pub tapes: u16,
}

pub const TRANSPORT: u16 = 1;
pub const FIRST_DRIVE: u16 = 256;
pub const FIRST_PORT: u16 = 768;
pub const FIRST_SLOT: u16 = 1000;

impl Tgtd {
    /// Starts it and waits until it serves.
    pub fn start(shape: &Shape) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let control = std::process::id();
        let port = free_port();
        let log = fs::File::create(folder.path().join("tgtd.log")).expect("a log can be made");
        let process = tool(folder.path(), "tgtd")
            .args(["-f", "-C", &control.to_string(), "--iscsi", &format!("portal=127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a handle can be doubled"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("tgtd does not start ({error}); install the packages tgt and libiscsi7")
            });
        let library = Self { process, folder, port, control, drives: shape.drives };
        library.wait_for_control();
        library.configure(shape);
        let connected = TcpStream::connect(("127.0.0.1", port));
        assert!(connected.is_ok(), "tgtd has no portal on port {port}: {connected:?}\n{}", library.log());
        library
    }

    /// The address of a drive, counted from 1.
    pub fn drive(&self, number: u16) -> String {
        assert!((1..=self.drives).contains(&number));
        format!("iscsi://127.0.0.1:{}/{}/{number}", self.port, self.target())
    }

    /// The address of the changer.
    pub fn changer(&self) -> String {
        format!("iscsi://127.0.0.1:{}/{}/{}", self.port, self.target(), self.drives + 1)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn target(&self) -> String {
        format!("iqn.2026-01.example.test:vtl-{}-{}", self.control, self.port)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("tgtd.log")).unwrap_or_default()
    }

    fn wait_for_control(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.admin(&["--op", "show", "--mode", "system"]).status().is_ok_and(|status| status.success())
        {
            assert!(Instant::now() < deadline, "tgtd does not answer tgtadm:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn admin(&self, arguments: &[&str]) -> Command {
        let mut command = tool(self.folder.path(), "tgtadm");
        command
            .args(["-C", &self.control.to_string()])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn lun(&self, operation: &str, lun: u16, arguments: &[&str]) {
        let mut command =
            self.admin(&["--lld", "iscsi", "--mode", "logicalunit", "--op", operation, "--tid", "1"]);
        command.args(["--lun", &lun.to_string()]).args(arguments);
        run(&mut command);
    }

    fn params(&self, lun: u16, params: &str) {
        self.lun("update", lun, &["--params", params]);
    }

    fn configure(&self, shape: &Shape) {
        run(self
            .admin(&["--lld", "iscsi", "--op", "new", "--mode", "target", "--tid", "1"])
            .args(["-T", &self.target()]));
        for number in 1..=shape.drives {
            let store = self.image(&format!("notape{number}"), "", "clean", 1);
            self.lun("new", number, &["-b", &store, "--device-type", "tape"]);
            let name = "vendor_id=IBM,product_id=ULT3580-TD5,product_rev=0001,removable=1";
            self.params(number, &format!("{name},scsi_sn=DRV{number:05}"));
            self.params(number, "online=0");
        }
        self.configure_changer(shape);
        run(&mut self
            .admin(&["--lld", "iscsi", "--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"]));
    }

    fn configure_changer(&self, shape: &Shape) {
        let changer = shape.drives + 1;
        let store = self.folder.path().join("changer");
        fs::write(&store, [0; 1024]).expect("a file can be written");
        self.lun("new", changer, &["-b", &path_text(&store), "--device-type", "changer"]);
        self.params(changer, "vendor_id=STK,product_id=L700,product_rev=0010,scsi_sn=LIB0000001,removable=1");
        let media = self.folder.path().join("media");
        fs::create_dir(&media).expect("a folder can be made");
        self.params(changer, &format!("media_home={}", path_text(&media)));
        self.params(changer, &format!("element_type=1,start_address={TRANSPORT},quantity=1"));
        self.params(
            changer,
            &format!("element_type=4,start_address={FIRST_DRIVE},quantity={}", shape.drives),
        );
        for number in 1..=shape.drives {
            let address = FIRST_DRIVE + number - 1;
            self.params(changer, &format!("element_type=4,address={address},tid=1,lun={number}"));
        }
        self.params(changer, &format!("element_type=2,start_address={FIRST_SLOT},quantity={}", shape.slots));
        if shape.ports > 0 {
            self.params(
                changer,
                &format!("element_type=3,start_address={FIRST_PORT},quantity={}", shape.ports),
            );
        }
        for number in 1..=shape.tapes {
            let code = format!("V{number:05}L5");
            self.image(&format!("media/{code}"), &code, "data", 64);
            let address = FIRST_SLOT + number - 1;
            self.params(changer, &format!("element_type=2,address={address},barcode={code},sides=1"));
        }
    }

    fn image(&self, name: &str, bar_code: &str, kind: &str, megabytes: u32) -> String {
        let path = path_text(&self.folder.path().join(name));
        let mut command = tool(self.folder.path(), "tgtimg");
        command.args(["--op", "new", "--device-type", "tape", "--barcode", bar_code, "--type", kind]);
        command.args(["--size", &megabytes.to_string(), "--file", &path, "--thin-provisioning"]);
        run(command.stdout(Stdio::null()).stderr(Stdio::null()));
        path
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        // tgtd ignores SIGTERM; `Child::kill` is SIGKILL, which also ends a stopped process.
        let _ended_before = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn tool(folder: &Path, name: &str) -> Command {
    let in_sbin = PathBuf::from("/usr/sbin").join(name);
    let mut command = if in_sbin.exists() { Command::new(in_sbin) } else { Command::new(name) };
    command.env("TGT_IPC_SOCKET", folder.join("control"));
    command
}

fn run(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?} does not start ({error}); install the package tgt"));
    assert!(status.success(), "{command:?} ended with {status}");
}

fn path_text(path: &Path) -> String {
    path.to_str().expect("temporary folders have plain names").to_owned()
}

/// A port of 3300 to 3390 on which nobody listens; where to begin depends on the process, so that tests that run at
/// the same time seldom meet.
fn free_port() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let begin = (std::process::id() * 7 % 91) as u16;
    for _ in 0..91 {
        let offset = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let port = 3300 + (begin + offset) % 91;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port of 3300 to 3390 is free");
}
