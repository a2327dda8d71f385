//! The libraries that a tour can drive, and the processes behind them.
//!
//! Invariant: a [`Running`] ends its process by its pid when it is dropped, and waits for it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::run;

/// Name of the foreign target.
const TARGET: &str = "iqn.2026-01.example.test:vtl";

/// Number of its control channel; its socket is private, so it disturbs nobody.
const CHANNEL: &str = "11";

const DRIVES: u32 = 2;
const SLOTS: u32 = 20;
const PORTS: u32 = 4;
const TAPES: u32 = 8;

/// The simulator's first insert/eject port.
const FIRST_PORT: u16 = 768;

/// A process that ends when this is dropped.
pub(super) struct Running {
    process: Child,
}

impl Running {
    /// Starts a program and waits until it prints a line that begins with `ready`.
    pub fn ready(mut command: Command) -> Result<Self> {
        let line = run::line(&command);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        let output = process.stdout.take().context("its output is piped")?;
        let running = Self { process };
        let mut first = String::new();
        BufReader::new(output).read_line(&mut first)?;
        ensure!(first.starts_with("ready"), "`{line}` did not become ready: {first:?}");
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // tgtd ignores a polite request, and nothing here has anything to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A library that can be driven.
pub(super) struct Library {
    /// Addresses: the changer first, then the drives.
    pub devices: Vec<String>,
    /// Folder of its media, where they are files.
    pub media: PathBuf,
    /// Who can reach into it.
    pub hands: Hands,
    _process: Running,
}

/// Hands that reach into a library.
pub(super) enum Hands {
    /// Those that the simulator has, by its socket.
    Simulated {
        /// The simulator's program.
        program: PathBuf,
        /// The library's socket.
        socket: PathBuf,
    },
    /// Nobody's.
    None,
}

impl Hands {
    /// The address of a port, from 0.
    pub fn port(&self, number: u16) -> String {
        (FIRST_PORT + number).to_string()
    }

    /// Does what a person does, before the visitor's eyes.
    pub fn act(&self, words: &[&str]) -> Result<()> {
        println!("$ rsm-sim ctl --socket ... hand {}", words.join(" "));
        self.ask(&[&["hand"], words].concat()).map(drop)
    }

    /// The number under which the simulator knows a cartridge.
    pub fn number_of(&self, bar_code: &str) -> Result<String> {
        let shown = self.ask(&["show"])?;
        let line = shown.lines().find(|line| line.split_whitespace().any(|word| word == bar_code));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.map(str::to_owned).with_context(|| format!("the simulator does not know {bar_code}"))
    }

    fn ask(&self, words: &[&str]) -> Result<String> {
        let Self::Simulated { program, socket } = self else { bail!("nobody can reach into this library") };
        let mut command = Command::new(program);
        command.args(["ctl", "--socket"]).arg(socket).args(words).stdin(Stdio::null());
        let output = command.output().context("rsm-sim cannot be started")?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "`{}`: {error}", run::line(&command));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Starts the project's own simulator.
pub(super) fn simulator(programs: &Path, folder: &Path) -> Result<Library> {
    let config = folder.join("library.toml");
    std::fs::write(&config, "[geometry]\ndrives = 2\nslots = 24\nports = 4\n[media]\ncount = 8\n")?;
    let socket = folder.join("library.sock");
    let mut command = Command::new(programs.join("rsm-sim"));
    command
        .arg("--config")
        .arg(config)
        .arg("--state")
        .arg(folder.join("library"))
        .arg("--socket")
        .arg(&socket);
    let process = Running::ready(command)?;
    let devices = (0..=2).map(|lun| format!("sim:{}#{lun}", socket.display())).collect();
    let hands = Hands::Simulated { program: programs.join("rsm-sim"), socket };
    Ok(Library { devices, media: folder.join("library"), hands, _process: process })
}

/// Makes sure that the foreign target can be started: installs it where that is allowed, else names it.
pub(super) fn need_tgtd() -> Result<()> {
    let missing = ["tgtd", "tgtadm", "tgtimg"].iter().any(|program| find(program).is_none());
    if !missing {
        return Ok(());
    }
    println!("tgtd is not here; installing the packages tgt and libiscsi7");
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends", "tgt", "libiscsi7"]);
    run::checked(Command::new("apt-get").arg("update"))
        .and_then(|()| run::checked(&mut install))
        .context("the tour on tgtd needs the Debian packages tgt and libiscsi7: install them as root")
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    places.map(|place: PathBuf| place.join(program)).find(|candidate| candidate.exists())
}

/// Starts tgtd on a free loopback port with a library of its own.
pub(super) fn target(folder: &Path) -> Result<Library> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let media = folder.join("media");
    std::fs::create_dir(&media)?;
    let target = Target { folder, media: media.clone() };
    let mut command = target.program("tgtd");
    command.args(["-f", "-C", CHANNEL, "--iscsi", &format!("portal=127.0.0.1:{port}")]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("tgtd.log"))?);
    let process = Running { process: command.spawn().context("tgtd cannot be started")? };
    target.wait()?;
    target.configure()?;
    let address = |lun: u32| format!("iscsi://127.0.0.1:{port}/{TARGET}/{lun}");
    let devices = std::iter::once(DRIVES + 1).chain(1..=DRIVES).map(address).collect();
    Ok(Library { devices, media, hands: Hands::None, _process: process })
}

/// The foreign target while it is being set up.
struct Target<'a> {
    folder: &'a Path,
    media: PathBuf,
}

impl Target<'_> {
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(find(name).unwrap_or_else(|| name.into()));
        command.env("TGT_IPC_SOCKET", self.folder.join("tgtd.sock"));
        command
    }

    fn admin(&self, arguments: &[&str]) -> Result<()> {
        let output = self.program("tgtadm").args(["-C", CHANNEL]).args(arguments).output()?;
        if !output.status.success() {
            bail!("tgtadm {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while self.admin(&["--op", "show", "--mode", "system"]).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(5), "tgtd does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn image(&self, path: &Path, bar_code: &str, kind: &str, megabytes: &str) -> Result<()> {
        let mut command = self.program("tgtimg");
        command.args(["--op", "new", "--device-type", "tape", "--barcode", bar_code, "--size", megabytes]);
        command.args(["--type", kind, "--thin-provisioning", "--file"]).arg(path);
        let output = command.output()?;
        ensure!(output.status.success(), "tgtimg: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn unit(&self, op: &str, lun: u32, more: &[&str]) -> Result<()> {
        let lun = lun.to_string();
        let base = ["--lld", "iscsi", "--mode", "logicalunit", "--op", op, "--tid", "1", "--lun", &lun];
        self.admin(&[&base, more].concat())
    }

    fn update(&self, lun: u32, parameters: &str) -> Result<()> {
        self.unit("update", lun, &["--params", parameters])
    }

    /// Two drives as LUN 1 and 2, the changer behind them, tapes with bar codes in the first slots.
    fn configure(&self) -> Result<()> {
        self.admin(&["--lld", "iscsi", "--op", "new", "--mode", "target", "--tid", "1", "-T", TARGET])?;
        for lun in 1..=DRIVES {
            let nothing = self.folder.join(format!("empty{lun}"));
            self.image(&nothing, "", "clean", "1")?;
            self.unit("new", lun, &["-b", &nothing.display().to_string(), "--device-type", "tape"])?;
            self.update(
                lun,
                &format!(
                    "vendor_id=IBM,product_id=ULT3580-TD5,product_rev=0001,scsi_sn=DRV{lun:05},removable=1"
                ),
            )?;
            self.update(lun, "online=0")?;
        }
        let changer = DRIVES + 1;
        let store = self.folder.join("smc");
        std::fs::write(&store, [0; 1024])?;
        self.unit("new", changer, &["-b", &store.display().to_string(), "--device-type", "changer"])?;
        self.update(
            changer,
            "vendor_id=STK,product_id=L700,product_rev=0010,scsi_sn=LIB0000001,removable=1",
        )?;
        self.update(changer, &format!("media_home={}", self.media.display()))?;
        self.update(changer, "element_type=1,start_address=1,quantity=1")?;
        self.update(changer, &format!("element_type=4,start_address=256,quantity={DRIVES}"))?;
        for drive in 1..=DRIVES {
            self.update(changer, &format!("element_type=4,address={},tid=1,lun={drive}", 255 + drive))?;
        }
        self.update(changer, &format!("element_type=2,start_address=1000,quantity={SLOTS}"))?;
        self.update(changer, &format!("element_type=3,start_address=768,quantity={PORTS}"))?;
        for tape in 1..=TAPES {
            let bar_code = format!("V{tape:05}L5");
            self.image(&self.media.join(&bar_code), &bar_code, "data", "64")?;
            let slot = 999 + tape;
            self.update(changer, &format!("element_type=2,address={slot},barcode={bar_code},sides=1"))?;
        }
        self.admin(&["--lld", "iscsi", "--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"])
    }
}
