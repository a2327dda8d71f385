//! A second opinion: answers that this crate builds, decoded by sg3-utils.
//!
//! The encoders and the parsers of this crate have the same authors; a misreading of a standard
//! would stand on both sides and pass every round trip. sg3-utils has other authors. These tests
//! need its programs and fail, naming the package, where they are absent.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use rsm_scsi::*;

fn run(program: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Process::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed: install the package sg3-utils ({error})"));
    child.stdin.take().expect("stdin is piped").write_all(input).expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} refused our bytes:\n{text}");
    text
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>().into_bytes()
}

fn expect_lines(text: &str, expected: &[&str]) {
    let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in expected {
        assert!(squeezed.contains(line), "{line:?} is not in:\n{text}");
    }
}

fn drive_id() -> T10VendorId {
    T10VendorId { vendor: "RSM".into(), product: "TAPE-SIM".into(), vendor_specific: "SIMDRV0001".into() }
}

#[test]
fn standard_inquiry() {
    let inquiry = StandardInquiry {
        kind: DeviceKind::MediaChanger,
        removable: true,
        version: 6,
        vendor: "RSM".into(),
        product: "LIBRARY-SIM".into(),
        revision: "0100".into(),
    };
    let text = run("sg_inq", &["--inhex=-"], &hex(&inquiry.encode()));
    expect_lines(
        &text,
        &[
            "PQual=0",
            "RMB=1",
            "Resp_data_format=2",
            "Vendor identification: RSM",
            "Product identification: LIBRARY-SIM",
            "Product revision level: 0100",
            "Peripheral device type: medium changer",
        ],
    );
}

#[test]
fn vital_product_data() {
    let kind = DeviceKind::SequentialAccess;
    let pages = SupportedPages { pages: vec![0x00, 0x80, 0x83] }.encode(kind);
    expect_lines(
        &run("sg_vpd", &["--inhex=-"], &hex(&pages)),
        &["Supported VPD pages", "Unit serial number", "Device identification"],
    );
    let serial = UnitSerialNumber { serial: "SIMDRV0001".into() }.encode(kind);
    expect_lines(&run("sg_vpd", &["--inhex=-"], &hex(&serial)), &["Unit serial number: SIMDRV0001"]);
    expect_lines(
        &run("sg_inq", &["--inhex=-", "--page=0x80"], &hex(&serial)),
        &["Unit serial number: SIMDRV0001"],
    );
}

#[test]
fn device_identification() {
    let page = DeviceIdentification {
        designators: vec![Designator::t10_vendor_id(&drive_id()), Designator::naa(0x5000_0000_0000_0001)],
    };
    let text = run("sg_vpd", &["--inhex=-"], &hex(&page.encode(DeviceKind::SequentialAccess)));
    expect_lines(
        &text,
        &[
            "Addressed logical unit:",
            "designator type: T10 vendor identification, code set: ASCII",
            "vendor id: RSM",
            "vendor specific: TAPE-SIM SIMDRV0001",
            "designator type: NAA, code set: Binary",
            "0x5000000000000001",
        ],
    );
}

#[test]
fn fixed_and_descriptor_sense() {
    let cases = [
        (Sense::new(SenseKey::NotReady, 0x3A, 0x00), vec!["Sense key: Not Ready", "Medium not present"]),
        (
            Sense::new(SenseKey::IllegalRequest, 0x3B, 0x0D),
            vec!["Sense key: Illegal Request", "Medium destination element full"],
        ),
        (
            Sense::new(SenseKey::IllegalRequest, 0x3B, 0x0E),
            vec!["Sense key: Illegal Request", "Medium source element empty"],
        ),
        (Sense::new(SenseKey::IllegalRequest, 0x21, 0x01), vec!["Invalid element address"]),
        (Sense::new(SenseKey::UnitAttention, 0x28, 0x01), vec!["Import or export element accessed"]),
        (
            Sense::new(SenseKey::UnitAttention, 0x29, 0x00),
            vec!["Power on, reset, or bus device reset occurred"],
        ),
        (Sense::new(SenseKey::NotReady, 0x04, 0x01), vec!["is in process of becoming ready"]),
        (
            Sense::new(SenseKey::BlankCheck, 0x00, 0x05),
            vec!["Sense key: Blank Check", "End-of-data detected"],
        ),
        (Sense::new(SenseKey::IllegalRequest, 0x53, 0x02), vec!["Medium removal prevented"]),
        (Sense::new(SenseKey::HardwareError, 0x15, 0x01), vec!["Mechanical positioning error"]),
    ];
    for (mut sense, expected) in cases {
        for (format, name) in
            [(SenseFormat::Fixed, "Fixed format"), (SenseFormat::Descriptor, "Descriptor format")]
        {
            sense.format = format;
            let text = run("sg_decode_sense", &["--file=-"], &hex(&sense.encode()));
            expect_lines(&text, &[name]);
            expect_lines(&text, &expected);
        }
    }
}

#[test]
fn sense_with_tape_bits_residual_and_field_pointer() {
    for format in [SenseFormat::Fixed, SenseFormat::Descriptor] {
        let mut sense = Sense::new(SenseKey::NoSense, 0x00, 0x01);
        sense.format = format;
        sense.filemark = true;
        sense.incorrect_length = true;
        let text = run("sg_decode_sense", &["--file=-"], &hex(&sense.with_residual(16).encode()));
        expect_lines(&text, &["Filemark detected"]);
        assert!(text.contains("FILEMARK") || text.contains("FMK") || text.contains("Filemark"), "{text}");
        assert!(text.contains("ILI") || text.contains("Incorrect Length"), "{text}");
        let information = if format == SenseFormat::Fixed { "Info fld=0x10" } else { "0x0000000000000010" };
        expect_lines(&text, &[information]);

        let mut sense = Sense::invalid_field_in_cdb(4);
        sense.format = format;
        let text = run("sg_decode_sense", &["--file=-"], &hex(&sense.encode()));
        expect_lines(&text, &["Invalid field in cdb", "Error in Command: byte 4"]);
    }
}

#[test]
fn disc_drives_by_their_type() {
    let kinds = [
        (DeviceKind::Disk, "Peripheral device type: disk"),
        (DeviceKind::CdDvd, "Peripheral device type: cd/dvd"),
        (DeviceKind::OpticalMemory, "Peripheral device type: optical memory"),
    ];
    for (kind, expected) in kinds {
        let (vendor, product, revision) = ("RSM".into(), "DISC-SIM".into(), "0100".into());
        let inquiry = StandardInquiry { kind, removable: true, version: 6, vendor, product, revision };
        expect_lines(&run("sg_inq", &["--inhex=-"], &hex(&inquiry.encode())), &[expected]);
    }
}

#[test]
fn commands_by_their_names() {
    let address = ElementAddress;
    let cases = [
        (Command::ReadCapacity10, "Read capacity(10)"),
        (Command::Read10 { first: 16, blocks: 1 }, "Read(10)"),
        (Command::Write10 { first: 16, blocks: 1 }, "Write(10)"),
        (Command::SynchronizeCache10, "Synchronize cache(10)"),
        (Command::GetConfiguration { allocation_length: 8 }, "Get configuration"),
        (Command::StartStopUnit { action: DiscAction::Eject, immediate: false }, "Start stop unit"),
        (
            Command::MoveMedium {
                transport: address(0),
                source: address(1),
                destination: address(2),
                invert: true,
            },
            "Move medium",
        ),
    ];
    for (command, name) in cases {
        let words: Vec<String> =
            command.encode().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let arguments: Vec<&str> = ["--cdb"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let text = run("sg_decode_sense", &arguments, &[]);
        assert!(text.to_lowercase().contains(&name.to_lowercase()), "{name:?} is not in:\n{text}");
    }
}

#[test]
fn senses_of_discs() {
    let cases = [
        (Sense::new(SenseKey::DataProtect, 0x27, 0x00), "Write protected"),
        (Sense::new(SenseKey::DataProtect, 0x30, 0x05), "Cannot write medium - incompatible format"),
        (Sense::new(SenseKey::DataProtect, 0x30, 0x0C), "WORM medium - overwrite attempted"),
        (Sense::new(SenseKey::IllegalRequest, 0x64, 0x00), "Illegal mode for this track"),
        (Sense::new(SenseKey::IllegalRequest, 0x21, 0x00), "Logical block address out of range"),
        (Sense::new(SenseKey::IllegalRequest, 0x21, 0x02), "Invalid address for write"),
        (Sense::new(SenseKey::BlankCheck, 0x00, 0x00), "Sense key: Blank Check"),
        (Sense::new(SenseKey::NotReady, 0x04, 0x02), "initializing command required"),
    ];
    for (sense, expected) in cases {
        let text = run("sg_decode_sense", &["--file=-"], &hex(&sense.encode()));
        assert!(text.to_lowercase().contains(&expected.to_lowercase()), "{expected:?} is not in:\n{text}");
    }
}

#[test]
fn log_pages_and_commands_of_cleaners_ports_and_doors() {
    let alerts: TapeAlerts = [TapeAlert::CLEAN_NOW, TapeAlert::EXPIRED_CLEANING_VOLUME].into_iter().collect();
    let text = run("sg_logs", &["--in=-", "--pdt=1"], &hex(&alerts.page().encode()));
    expect_lines(
        &text,
        &["Tape alert page", "Cleaning required: 1", "Cleaning requested: 0", "Expired cleaning media: 1"],
    );
    let cases = [
        (
            Command::LogSense(RequestedLog { page: 0x2E, first_parameter: 0, allocation_length: 0x144 }),
            "Log sense",
        ),
        (
            Command::PreventAllowMediumRemoval { removal: MediumRemoval::Prevent },
            "Prevent allow medium removal",
        ),
    ];
    for (command, name) in cases {
        let words: Vec<String> =
            command.encode().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let arguments: Vec<&str> = ["--cdb"].into_iter().chain(words.iter().map(String::as_str)).collect();
        expect_lines(&run("sg_decode_sense", &arguments, &[]), &[name]);
    }
    let senses = [
        (Sense::new(SenseKey::NotReady, 0x04, 0x18), "a door is open"),
        (Sense::new(SenseKey::NotReady, 0x30, 0x03), "Cleaning cartridge installed"),
        (Sense::new(SenseKey::NotReady, 0x30, 0x07), "Cleaning failure"),
        (Sense::new(SenseKey::NotReady, 0x30, 0x0A), "Cleaning request rejected"),
        (Sense::new(SenseKey::UnitAttention, 0x28, 0x01), "Import or export element accessed"),
        (Sense::new(SenseKey::IllegalRequest, 0x3B, 0x11), "Medium magazine not accessible"),
        (Sense::new(SenseKey::IllegalRequest, 0x53, 0x02), "Medium removal prevented"),
    ];
    for (sense, expected) in senses {
        expect_lines(&run("sg_decode_sense", &["--file=-"], &hex(&sense.encode())), &[expected]);
    }
}
