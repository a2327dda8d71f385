//! The library's answers, decoded by sg3-utils: not only the encoders but what the library puts into
//! them must be what others understand.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use rsm_scsi::{Command, InquiryPage};
use rsm_simlib::{LibraryConfig, SimLibrary};

fn decode(program: &str, arguments: &[&str], bytes: &[u8]) -> String {
    let mut child = Process::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed: install the package sg3-utils ({error})"));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(hex.as_bytes())
        .expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} refused: {text}");
    text
}

#[test]
fn who_the_units_are() {
    let mut library = SimLibrary::new(LibraryConfig::default()).expect("the default is right");
    let mut ask = |lun, page| {
        let cdb = Command::Inquiry { page, allocation_length: 255 }.encode();
        library.execute(lun, cdb.as_bytes(), &[]).data_in
    };
    let cases = [
        (0, InquiryPage::Standard, "sg_inq", vec!["medium changer", "SIMULATED-LIBR", "RMB=1"]),
        (1, InquiryPage::Standard, "sg_inq", vec!["tape", "SIMULATED-TAPE", "RMB=1"]),
        (0, InquiryPage::Vpd(0x00), "sg_vpd", vec!["Unit serial number", "Device identification"]),
        (2, InquiryPage::Vpd(0x80), "sg_vpd", vec!["SIMDRV0002"]),
        (
            2,
            InquiryPage::Vpd(0x83),
            "sg_vpd",
            vec!["vendor id: RSM", "SIMDRV0002", "designator type: NAA", "0x3"],
        ),
    ];
    for (lun, page, program, expected) in cases {
        let text = decode(program, &["--inhex=-"], &ask(lun, page));
        for word in expected {
            assert!(
                text.to_lowercase().contains(&word.to_lowercase()),
                "LUN {lun} {page:?}: {word:?} not in\n{text}"
            );
        }
    }
}

#[test]
fn why_commands_are_refused() {
    let mut library = SimLibrary::new(LibraryConfig::default()).expect("the default is right");
    let mut sense =
        |lun, cdb: &[u8]| decode("sg_decode_sense", &["--file=-"], &library.execute(lun, cdb, &[]).sense);
    assert!(sense(0, &[0; 6]).contains("Power on, reset, or bus device reset occurred"));
    assert!(sense(0, &[0xA5, 0, 0, 0, 3, 232, 1, 0, 0, 0, 0, 0]).contains("Medium source element empty"));
    assert!(sense(0, &[0xA5, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0]).contains("Invalid element address"));
    assert!(sense(1, &[0; 6]).contains("Unit Attention"));
    assert!(sense(1, &[0; 6]).contains("Medium not present"));
}
