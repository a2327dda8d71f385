//! Golden bytes: what real targets and the standards' own layouts say, decoded as we mean it.
//!
//! Origin of every `TGTD_*` constant: tgtd 1.0.85 (Debian 1:1.0.85-1+deb12u1) on loopback, with one
//! robot (1), 6 slots (1000..), 2 ports (768..), 2 drives (256..) and three cartridges, read by
//! libiscsi 1.19.0; V00002L5 had been moved from slot 1001 to drive 256 and V00001L5 from slot 1000
//! to slot 1001. tgtd cuts 8 bytes off a report; the cuts are left as they came.

use rsm_scsi::*;

const TGTD_INQUIRY: &str = "088005123d00000253544b20202020204c37303020202020202020202020202030303130";
const TGTD_MODE_1D: &str = "1f00000800000000000000001d120001000103e8000603000002010000020000";
const TGTD_MODE_1F: &str = "1f00000800000000000000001f120f070f0f0f0f000000000f0f0f0f00000000";
/// The same page without block descriptors, from a run with 20 slots and 4 ports.
const TGTD_MODE_1D_DBD: &str = "170000001d120001000103e80014030000040100000200 00";
const TGTD_VPD_00: &str = "08000006008083b0b1b2";
const TGTD_VPD_80: &str = "0880002420202020202020202020202020202020202020202020202020204c494230303030303031";
const TGTD_VPD_83: &str = "0883004802010024494554202020202030303031303030330000000000000000000000000000000000000000\
    0103000830000001000000030103001060000000000000000e00000000010003";
const BLANK_TAG: &str = "202020202020202020202020202020202020202020202020202020202020202000000000";
const TGTD_DRIVES_DVCID: &str = "01000002000000b404800056000000ac0100010000000000008003e95630303030324c352020202020202020\
    20202020202020202020202020202020000000000201002249424d2020202020554c54333538302d5444352020202020445256303030303100\
    000101000000000000000000002020202020202020202020202020202020202020202020202020202020202020000000000201002249424d20\
    20202020554c54333538302d54443520202020204452";
const TGTD_SENSE_SOURCE_EMPTY: &str = "700005000000000a000000003b0e00000000";
const TGTD_SENSE_NO_MEDIUM: &str = "700002000000000a000000003a0000000000";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.chars().filter(|c| !c.is_whitespace()).collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex digits"))
        .collect()
}

/// The slots report, put together as it came: 6 descriptors of 52 bytes, the last of 44.
fn tgtd_slots() -> Vec<u8> {
    let tag = |code: &str| code.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let named = |code| format!("{}{}0000000000000000", tag(code), "20".repeat(24));
    let blank = format!("{BLANK_TAG}00000000");
    let mut all = bytes(&format!(
        "03e80006000001400280003400000138\
         03e800000000000000000000{blank}03e90100000000 00008003e8{}03ea01000000000000000000{}\
         03eb00000000000000000000{blank}03ec00000000000000000000{blank}03ed00000000000000000000{blank}",
        named("V00001L5"),
        named("V00003L5"),
    ));
    all.truncate(320);
    all
}

#[test]
fn inquiry_of_a_changer() {
    let inquiry = StandardInquiry::decode(&bytes(TGTD_INQUIRY)).unwrap();
    let expected = StandardInquiry {
        kind: DeviceKind::MediaChanger,
        removable: true,
        version: 5,
        vendor: "STK".into(),
        product: "L700".into(),
        revision: "0010".into(),
    };
    assert_eq!(inquiry, expected);
}

#[test]
fn vital_product_data_of_a_changer() {
    assert_eq!(SupportedPages::decode(&bytes(TGTD_VPD_00)).unwrap().pages, [0, 0x80, 0x83, 0xB0, 0xB1, 0xB2]);
    assert_eq!(UnitSerialNumber::decode(&bytes(TGTD_VPD_80)).unwrap().serial, "LIB0000001");
    let page = DeviceIdentification::decode(&bytes(TGTD_VPD_83)).unwrap();
    let kinds: Vec<_> = page.designators.iter().map(|d| (d.kind, d.association)).collect();
    assert_eq!(
        kinds,
        [
            (DesignatorKind::T10VendorId, Association::LogicalUnit),
            (DesignatorKind::Naa, Association::LogicalUnit),
            (DesignatorKind::Naa, Association::LogicalUnit),
        ]
    );
    assert_eq!(page.designators[0].text(), "IET     00010003");
}

#[test]
fn a_page_that_is_not_the_one_asked_for_is_refused() {
    assert!(UnitSerialNumber::decode(&bytes(TGTD_VPD_83)).is_err());
    assert!(UnitSerialNumber::decode(&bytes(TGTD_INQUIRY)).is_err());
}

#[test]
fn element_addresses_with_and_without_block_descriptor() {
    let page = ModeParameters::decode(&bytes(TGTD_MODE_1D), ModeHeaderSize::Six).unwrap();
    let map = page.element_addresses().unwrap();
    let range = |first, count| ElementRange { first: ElementAddress(first), count };
    let expected = ElementAddressAssignment {
        transports: range(1, 1),
        slots: range(1000, 6),
        ports: range(768, 2),
        drives: range(256, 2),
    };
    assert_eq!(map, expected);
    assert_eq!(map.type_at(ElementAddress(1005)), Some(ElementType::Storage));
    assert_eq!(map.type_at(ElementAddress(1006)), None);
    let page = ModeParameters::decode(&bytes(TGTD_MODE_1D_DBD), ModeHeaderSize::Six).unwrap();
    assert_eq!(page.element_addresses().unwrap().slots, range(1000, 20));
    assert_eq!(page.block_descriptor, None);
}

#[test]
fn element_addresses_are_built_as_the_target_built_them() {
    let range = |first, count| ElementRange { first: ElementAddress(first), count };
    let page = ElementAddressAssignment {
        transports: range(1, 1),
        slots: range(1000, 20),
        ports: range(768, 4),
        drives: range(256, 2),
    };
    let answer = ModeParameters {
        medium_type: 0,
        device_specific: 0,
        block_descriptor: None,
        pages: vec![ModePage::ElementAddressAssignment(page)],
    };
    assert_eq!(answer.encode(ModeHeaderSize::Six), bytes(TGTD_MODE_1D_DBD));
}

#[test]
fn capabilities_of_a_changer() {
    let page =
        ModeParameters::decode(&bytes(TGTD_MODE_1F), ModeHeaderSize::Six).unwrap().capabilities().unwrap();
    assert_eq!(page.storage, ElementSet::of(&ElementType::ALL));
    assert!(page.can_move(ElementType::Storage, ElementType::DataTransfer));
}

#[test]
fn a_report_cut_by_eight_bytes_keeps_its_last_slot() {
    let answer = ElementStatus::decode(&tgtd_slots()).unwrap();
    assert_eq!(answer.completeness, Completeness::Complete);
    assert_eq!(
        answer.anomalies,
        [
            Anomaly::ReportShort { announced: 328, received: 320 },
            Anomaly::DescriptorShort { address: ElementAddress(1005) },
        ]
    );
    let seen: Vec<_> = answer
        .elements
        .iter()
        .map(|e| (e.address.0, e.full, e.source.map(|s| s.0), e.primary_tag.as_ref().map(|t| t.identifier())))
        .collect();
    assert_eq!(
        seen,
        [
            (1000, false, None, None),
            (1001, true, Some(1000), Some("V00001L5")),
            (1002, true, None, Some("V00003L5")),
            (1003, false, None, None),
            (1004, false, None, None),
            (1005, false, None, None),
        ]
    );
}

#[test]
fn device_ids_name_their_drives_and_a_cut_one_is_left_out() {
    let answer = ElementStatus::decode(&bytes(TGTD_DRIVES_DVCID)).unwrap();
    assert_eq!(answer.completeness, Completeness::Complete);
    let [first, second] = answer.elements.as_slice() else { panic!("two drives: {answer:?}") };
    let id = first.device_id.as_ref().unwrap();
    assert_eq!(id.t10_vendor_id().unwrap().vendor_specific, "DRV00001");
    assert!(id.names_serial("DRV00001"));
    assert!(!id.names_serial("DRV0000"));
    assert_eq!(second.device_id, None, "its last 8 bytes did not come");
    assert_eq!(second.address, ElementAddress(257));
}

#[test]
fn thirty_four_zero_bytes_are_no_identifier() {
    // Descriptor of tgtd 1.0.85 for a slot when DVCID was set: an announced identifier of zeros.
    let slot = format!("03e800000000000000000000{BLANK_TAG}02010022{}", "00".repeat(34));
    let report = bytes(&format!("03e80001000000 5e 02800056000000 56{slot}"));
    let answer = ElementStatus::decode(&report).unwrap();
    assert_eq!(answer.elements[0].device_id, None);
    assert_eq!(answer.anomalies, []);
}

#[test]
fn a_tag_cut_in_half_is_not_reported() {
    let mut report = tgtd_slots();
    report.truncate(16 + 52 + 20);
    let answer = ElementStatus::decode(&report).unwrap();
    assert_eq!(answer.elements.len(), 1);
    let expected = Completeness::Truncated { announced: 6, received: 1, allocation_length_needed: 328 };
    assert_eq!(answer.completeness, expected);
    assert!(answer.anomalies.contains(&Anomaly::DescriptorLost));
}

#[test]
fn a_zeroed_buffer_behind_the_report_is_not_read() {
    let elements = [Element::empty(ElementType::Storage, ElementAddress(7))];
    let mut report = ElementStatus::encode(&elements, DescriptorContents::default());
    report.resize(4096, 0);
    let answer = ElementStatus::decode(&report).unwrap();
    assert_eq!((answer.elements.as_slice(), answer.anomalies.as_slice()), (&elements[..], &[][..]));
}

#[test]
fn a_byte_count_that_is_too_small_loses_nothing() {
    let elements: Vec<_> = ElementType::ALL
        .iter()
        .map(|&kind| Element::empty(kind, ElementAddress(u16::from(kind.code()))))
        .collect();
    let mut report = ElementStatus::encode(&elements, DescriptorContents::default());
    report[7] = 24;
    let answer = ElementStatus::decode(&report).unwrap();
    assert_eq!(answer.elements, elements);
    assert_eq!(answer.anomalies, [Anomaly::PagesBehindReport]);
}

#[test]
fn sense_of_a_changer_and_a_drive() {
    let sense = Sense::decode(&bytes(TGTD_SENSE_SOURCE_EMPTY)).unwrap();
    assert_eq!(judge(&sense).verdict, Verdict::SourceEmpty);
    assert_eq!(sense.encode(), bytes(TGTD_SENSE_SOURCE_EMPTY));
    let sense = Sense::decode(&bytes(TGTD_SENSE_NO_MEDIUM)).unwrap();
    assert_eq!(judge(&sense).verdict, Verdict::NoMedium);
}

/// The bytes that were sent to tgtd for the answers above, and those of SSC-4's own layouts.
#[test]
fn commands() {
    let address = ElementAddress;
    let cases = [
        (Command::TestUnitReady, "000000000000"),
        (Command::Inquiry { page: InquiryPage::Vpd(0x83), allocation_length: 255 }, "12018300ff00"),
        (
            Command::ModeSense6 {
                no_block_descriptors: true,
                control: PageControl::Current,
                page: 0x1D,
                subpage: 0,
                allocation_length: 255,
            },
            "1a081d00ff00",
        ),
        (
            Command::MoveMedium {
                transport: address(1),
                source: address(1000),
                destination: address(256),
                invert: false,
            },
            "a500000103e8010000000000",
        ),
        (
            Command::ReadElementStatus(RequestedElements {
                element_type: Some(ElementType::DataTransfer),
                first: address(0),
                count: 255,
                volume_tags: true,
                device_ids: true,
                current_data: false,
                allocation_length: 65535,
            }),
            "b814000000ff0100ffff0000",
        ),
        (Command::LoadUnload { action: LoadAction::Load, immediate: true }, "1b0100000100"),
        (
            Command::Read6 {
                length: TransferLength::Variable { bytes: 65536 },
                suppress_incorrect_length: true,
            },
            "080201000000",
        ),
        (Command::Write6 { length: TransferLength::Fixed { blocks: 2 } }, "0a0100000200"),
        (Command::WriteFilemarks6 { count: 1, immediate: false }, "100000000100"),
        (Command::Space6 { unit: SpaceUnit::Filemarks, count: -1 }, "1101ffffff00"),
        (
            Command::MoveMedium {
                transport: address(1),
                source: address(1000),
                destination: address(256),
                invert: true,
            },
            "a500000103e8010000000100",
        ),
        (Command::ReadPosition, "34000000000000000000"),
        (Command::ReadCapacity10, "25000000000000000000"),
        (Command::Read10 { first: 16, blocks: 32 }, "28000000001000002000"),
        (Command::Write10 { first: 0x0102_0304, blocks: 0x0506 }, "2a000102030400050600"),
        (Command::SynchronizeCache10, "35000000000000000000"),
        (Command::GetConfiguration { allocation_length: 8 }, "46020000000000000800"),
    ];
    for (command, hex) in cases {
        assert_eq!(command.encode().as_bytes(), bytes(hex), "{}", command.name());
        assert_eq!(Command::decode(&bytes(hex)), Ok(command));
    }
}

#[test]
fn one_operation_code_is_two_commands() {
    let cases = [
        (DiscAction::Start, "1b0000000100"),
        (DiscAction::Stop, "1b0000000000"),
        (DiscAction::Load, "1b0000000300"),
        (DiscAction::Eject, "1b0000000200"),
    ];
    for (action, hex) in cases {
        let command = Command::StartStopUnit { action, immediate: false };
        assert_eq!(command.encode().as_bytes(), bytes(hex), "{action:?}");
        for kind in [DeviceKind::Disk, DeviceKind::CdDvd, DeviceKind::OpticalMemory] {
            assert_eq!(Command::decode_for(kind, &bytes(hex)), Ok(command));
        }
    }
    let load = Command::LoadUnload { action: LoadAction::Load, immediate: false };
    assert_eq!(Command::decode_for(DeviceKind::SequentialAccess, &bytes("1b0000000100")), Ok(load));
    // A power condition is no action, and 10b is none of a tape drive.
    assert!(Command::decode_for(DeviceKind::Disk, &bytes("1b0000003100")).is_err());
    assert!(Command::decode(&bytes("1b0000000200")).is_err());
}

/// Descriptors in the layout of SMC-3 6.11 as a jukebox sends them: byte 9 is SVALID 7, INVERT 6.
#[test]
fn a_turned_disc_is_reported_with_the_place_it_came_from() {
    let slots = "03e8 09 00 0000 000000 c0 03e9 00000000".replace(' ', "");
    let other = "03e9 09 00 0000 000000 80 03e9 00000000".replace(' ', "");
    let never = "03ea 09 00 0000 000000 40 0000 00000000".replace(' ', "");
    let report = bytes(&format!("03e80003000000 38 02000010000000 30{slots}{other}{never}"));
    let answer = ElementStatus::decode(&report).unwrap();
    assert_eq!((answer.completeness, answer.anomalies.len()), (Completeness::Complete, 0));
    let seen: Vec<_> = answer.elements.iter().map(|e| (e.inverted, e.source.map(|s| s.0))).collect();
    assert_eq!(seen, [(true, Some(1001)), (false, Some(1001)), (true, None)]);
    assert_eq!(ElementStatus::encode(&answer.elements, DescriptorContents::default()), report);
}

#[test]
fn what_disc_drives_say() {
    // READ CAPACITY(10) of the 1.3 GB side of an optical cartridge with blocks of 2048 bytes.
    let capacity = DiscCapacity::decode(&bytes("000975df00000800")).unwrap();
    assert_eq!(capacity, DiscCapacity { last_block: 619_999, block_bytes: 2048 });
    assert_eq!(capacity.bytes(), Some(1_269_760_000));
    assert_eq!(DiscCapacity::decode(&bytes("ffffffff00000800")).unwrap().bytes(), None);
    // MMC-6 feature header with the profile list cut off: a pressed DVD.
    let profile = DiscProfile::decode(&bytes("0000001c00000010")).unwrap();
    assert_eq!((profile, profile.is_read_only()), (DiscProfile::DVD_ROM, true));
    assert!(!DiscProfile::DVD_RAM.is_read_only());
    // SBC-3: the mode parameter header of a write-protected optical cartridge, medium type 03h (rewritable).
    let mode = ModeParameters::decode(
        &bytes("000e038000000008 0000000000000800".replace(' ', "").as_str()),
        ModeHeaderSize::Ten,
    );
    let mode = mode.unwrap();
    assert!(mode.is_write_protected());
    assert_eq!((mode.medium_type, mode.block_descriptor.unwrap().block_length_bytes), (3, 2048));
}

#[test]
fn positions_of_tapes() {
    let beginning = TapePosition::decode(&bytes("8000000000000000000000000000000000000000")).unwrap();
    assert_eq!(beginning, TapePosition { at_beginning: true, at_end: false, location: Some(0) });
    // tgtd 1.0.85 answers this wherever it stands: LOLU, the location is not known.
    let unknown = TapePosition::decode(&bytes("1400000000000000000000000000000000000000")).unwrap();
    assert_eq!(unknown, TapePosition { at_beginning: false, at_end: false, location: None });
}

#[test]
fn log_sense_as_the_standard_lays_it_out() {
    let request = RequestedLog { page: 0x2E, first_parameter: 0, allocation_length: 0x0144 };
    assert_eq!(Command::LogSense(request).encode().as_bytes(), bytes("4d006e000000 00014400"));
    let refused = [("4d016e00000000014400", 1), ("4d002e00000000014400", 2), ("4d006e01000000014400", 3)];
    for (cdb, byte) in refused {
        let error = Command::decode(&bytes(cdb)).expect_err(cdb);
        assert!(matches!(error, DecodeError::InvalidField { byte: at, .. } if at == byte), "{cdb}: {error}");
    }
}

/// SSC-4, TapeAlert log page: header, then 64 parameters of one byte; flags 20 and 22 are up.
#[test]
fn tape_alerts_are_64_parameters_of_one_byte() {
    let alerts: TapeAlerts = [TapeAlert::CLEAN_NOW, TapeAlert::EXPIRED_CLEANING_VOLUME].into_iter().collect();
    let mut expected = bytes("2e000140");
    for number in 1..=64_u8 {
        expected.extend([0, number, 0x03, 1, u8::from(matches!(number, 20 | 22))]);
    }
    let page = alerts.page();
    assert_eq!(page.encode(), expected);
    assert_eq!(TapeAlerts::of_page(&LogPage::decode(&expected).unwrap()), Ok(alerts));
    assert!(alerts.wants_cleaning());
    let names: Vec<String> = alerts.iter().map(|alert| alert.to_string()).collect();
    assert_eq!(names, ["20 (clean now)", "22 (expired cleaning volume)"]);
    // Drives differ in the control byte, and some send only the flags they know.
    let few = LogPage::decode(&bytes("2e00000f 0015400101 0007000100 0099000101")).unwrap();
    let found: Vec<u8> = TapeAlerts::of_page(&few).unwrap().iter().map(TapeAlert::number).collect();
    assert_eq!(found, [21]);
    assert_eq!(TapeAlert::new(0), None);
    assert_eq!(TapeAlert::new(65), None);
    assert_eq!(TapeAlert::new(64).map(TapeAlert::name), Some("reserved"));
}

/// SSC-4, Sequential-Access Device log page: parameter 0100h is not zero while a cleaning is wanted.
#[test]
fn a_drive_without_tape_alert_asks_for_cleaning_in_page_0c() {
    let asks = |page: &str| LogPage::decode(&bytes(page)).unwrap().cleaning_requested();
    assert_eq!(asks("0c00000e 000000050000000001 0100000100"), Ok(Some(false)));
    assert_eq!(asks("0c00000d 000000020001 01000003000001"), Ok(Some(true)));
    assert_eq!(asks("0c000006 000000020001"), Ok(None));
    assert!(asks("2e000006 000000020001").is_err());
    assert_eq!(LogPage::encode_supported(&[0x00, 0x0C, 0x2E]), bytes("00000003000c2e"));
}

/// SMC-3, OPEN/CLOSE IMPORT/EXPORT ELEMENT: to a changer 1Bh is this, to a tape drive LOAD UNLOAD.
#[test]
fn ports_open_and_close() {
    let port = ElementAddress(0x0301);
    let open = Command::OpenCloseImportExport { port, action: PortAction::Open };
    let close = Command::OpenCloseImportExport { port, action: PortAction::Close };
    assert_eq!(open.encode().as_bytes(), bytes("1b0003010000"));
    assert_eq!(close.encode().as_bytes(), bytes("1b0003010100"));
    let decode = |cdb: &str, kind| Command::decode_for(kind, &bytes(cdb));
    assert_eq!(decode("1b0003010100", DeviceKind::MediaChanger), Ok(close));
    assert!(decode("1b0003010200", DeviceKind::MediaChanger).is_err());
    assert!(decode("1b00", DeviceKind::MediaChanger).is_err());
    let load = decode("1b0000000100", DeviceKind::SequentialAccess);
    assert_eq!(load, Ok(Command::LoadUnload { action: LoadAction::Load, immediate: false }));
}

/// PREVENT ALLOW MEDIUM REMOVAL is one command for changers and drives (SMC-3 refers to SPC-4 for the bits).
#[test]
fn prevent_and_allow() {
    let cdb = |removal| Command::PreventAllowMediumRemoval { removal }.encode().as_bytes().to_vec();
    assert_eq!(cdb(MediumRemoval::Prevent), bytes("1e0000000100"));
    assert_eq!(cdb(MediumRemoval::Allow), bytes("1e0000000000"));
}

/// A port of which IMPEXP says that a hand filled it, which is open to hands (ACCESS 0), and which takes both ways.
#[test]
fn a_port_that_is_open_and_was_filled_by_a_hand() {
    let report = "0300000100000014 03000010 0000000c 0300330000000000 00000000";
    let answer = ElementStatus::decode(&bytes(report)).unwrap();
    let element = &answer.elements[0];
    assert_eq!((element.address, element.full, element.access), (ElementAddress(0x0300), true, false));
    let state = ImportExportState { placed_by_hand: true, export_enabled: true, import_enabled: true };
    assert_eq!(element.import_export, Some(state));
}
